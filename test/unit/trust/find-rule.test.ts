import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/policy/decide.ts';
import { noRules } from '../../../src/policy/rule-index.ts';
import { subjectClaim, type FederatedSubject } from '../../../src/policy/subject.ts';
import type { Claims } from '../../../src/trust/claims.ts';
import { explainRules, findRule, formatRuleResult, rightsOf } from '../../../src/trust/find-rule.ts';
import { keySourceOf, type TrustRule } from '../../../src/trust/trust-rule.ts';
import { parseScope } from '../../../src/scope/parse-scopes.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

type Rules = readonly Readonly<Record<string, unknown>>[];

async function rulesOf(...trust: Rules): Promise<readonly TrustRule[]> {
  const up = { privateDomains: ['registry.example.com'] };
  return (await configIn(await temporaryDirectory('trust'), { up, trust })).trust;
}

const github = 'https://token.actions.githubusercontent.com';
/** The claims of a job on the branch main, in the form that GitHub uses for new repositories. */
const onMain: Claims = {
  iss: github,
  aud: 'registry.example.com',
  sub: 'repo:acme@7/app@260064828:ref:refs/heads/main',
  repository: 'Acme/App',
  repository_id: '260064828',
  repository_owner: 'Acme',
  ref: 'refs/heads/main',
  event_name: 'push',
};
const main = {
  name: 'main',
  issuer: 'github',
  when: { repository_id: '260064828', ref: ['refs/heads/main', 'refs/tags/*'] },
  only: ['acme/app/**:pull,push'],
};

/** Returns the rule that decides about a JWT that the keys of the first rule have verified. */
function ruleFor(rules: readonly TrustRule[], claims: Claims): string | undefined {
  const [first] = rules;
  return findRule(rules, { claims, sources: first === undefined ? [] : [keySourceOf(first)] })?.name;
}

describe('the audience of a JWT', () => {
  test.each<[string, unknown, boolean]>([
    ['a private domain', 'registry.example.com', true],
    ['a private domain as a URL', 'https://registry.example.com', true],
    ['a private domain with the port of the edge', 'registry.example.com:5001', true],
    ['an array that contains a private domain', ['sts.amazonaws.com', 'registry.example.com'], true],
    ['missing', undefined, false],
    ['empty', [], false],
    ['foreign', 'https://github.com/acme', false],
    ['an array of foreign services', ['a.example.com', 'b.example.com'], false],
    ['in upper case', 'Registry.example.com', false],
    ['a URL with a slash at its end', 'https://registry.example.com/', false],
    ['a subdomain', 'evil.registry.example.com', false],
    ['the setting service', 'registry', false],
    ['no text', 5, false],
    ['a nested array', [['registry.example.com']], false],
  ])('%s', async (_, aud, accepted) => {
    expect(ruleFor(await rulesOf(main), { ...onMain, aud })).toBe(accepted ? 'main' : undefined);
  });

  test('replaces the default if the rule names it', async () => {
    const rules = await rulesOf({ ...main, audience: ['my-registry'] });
    expect(ruleFor(rules, onMain)).toBeUndefined();
    expect(ruleFor(rules, { ...onMain, aud: ['my-registry'] })).toBe('main');
  });
});

describe('the claims of a JWT', () => {
  const one = (when: object, issuer = 'https://id.example.com') => rulesOf({ ...main, issuer, when });
  const jwt = { iss: 'https://id.example.com', aud: 'registry.example.com' };

  test.each<[string, object, Claims, boolean]>([
    ['an equal text', { ref: 'a' }, { ref: 'a' }, true],
    ['another case', { ref: 'a' }, { ref: 'A' }, false],
    ['one of a list', { ref: ['a', 'b'] }, { ref: 'b' }, true],
    ['missing', { ref: '*' }, {}, false],
    ['null', { ref: 'null' }, { ref: null }, false],
    ['a number and its text', { id: '260064828' }, { id: 260064828 }, true],
    ['a text and its number', { id: 260064828 }, { id: '260064828' }, true],
    ['a number that is too large to be exact', { id: '1152921504606846976' }, { id: 2 ** 60 }, false],
    ['a boolean and its text', { ref_protected: true }, { ref_protected: 'true' }, true],
    ['the text of a boolean', { ref_protected: 'true' }, { ref_protected: true }, true],
    ['one element of an array', { groups: 'ops' }, { groups: ['dev', 'ops'] }, true],
    ['no element of an array', { groups: 'ops' }, { groups: ['dev', ['ops']] }, false],
    ['an object', { a: '*' }, { a: {} }, false],
    ['a star within a segment', { ref: 'refs/heads/rel-*' }, { ref: 'refs/heads/rel-1' }, true],
    ['a star across segments', { ref: 'refs/heads/*' }, { ref: 'refs/heads/a/b' }, false],
    ['two stars across segments', { ref: 'refs/heads/**' }, { ref: 'refs/heads/a/b' }, false],
    ['a line break in a segment', { ref: 'refs/heads/*' }, { ref: 'refs/heads/a\nb' }, true],
    ['a dot, which is not special', { ref: 'a.b' }, { ref: 'axb' }, false],
    ['a bar, which is not special', { ref: 'a|b' }, { ref: 'b' }, false],
    ['a question mark, which is not special', { ref: 'a?' }, { ref: 'ab' }, false],
    ['a nested claim', { 'kubernetes.io/pod/uid': 'x' }, { 'kubernetes.io': { pod: { uid: 'x' } } }, true],
    ['a claim whose name has a slash', { 'a.com/b': 'x' }, { 'a.com/b': 'x', 'a.com': { b: 'y' } }, true],
    ['a path through a text', { 'a/length': '1' }, { a: 'x' }, false],
    ['a path through an array', { 'a/0': 'x' }, { a: ['x'] }, false],
    ['a name that each object inherits', { constructor: '*' }, {}, false],
    ['a path to an inherited name', { '__proto__/constructor/name': 'Object' }, {}, false],
  ])('%s', async (_, when, claims, matches) => {
    expect(ruleFor(await one(when), { ...jwt, ...claims })).toBe(matches ? 'main' : undefined);
  });

  test('a condition on __proto__ is not lost', async () => {
    const rules = await rulesOf({
      ...main,
      issuer: jwt.iss,
      when: JSON.parse('{"__proto__": "x"}') as object,
    });
    expect(ruleFor(rules, jwt)).toBeUndefined();
  });

  test('all conditions must be fulfilled', async () => {
    const rules = await one({ a: 'x', b: 'y' });
    expect(ruleFor(rules, { ...jwt, a: 'x', b: 'y' })).toBe('main');
    expect(ruleFor(rules, { ...jwt, a: 'x' })).toBeUndefined();
  });

  test('the issuer of CircleCI contains the id of the organization, which old JWTs do not repeat', async () => {
    const issuer = 'https://oidc.circleci.com/org/1a-2b';
    const when = { 'oidc.circleci.com/org-id': '1a-2b', 'oidc.circleci.com/project-id': 'p' };
    const rules = await one(when, 'circleci');
    expect(rules[0]?.issuer).toBe(issuer);
    const claims = { ...jwt, iss: issuer, 'oidc.circleci.com/project-id': 'p' };
    expect(ruleFor(rules, claims)).toBe('main');
    expect(ruleFor(rules, { ...claims, 'oidc.circleci.com/org-id': '1a-2b' })).toBe('main');
    const other = await one({ 'oidc.circleci.com/org-id': 'other' }, issuer);
    expect(ruleFor(other, claims)).toBeUndefined();
  });
});

describe('the order of rules', () => {
  const any = { ...main, name: 'any', when: { repository_id: '260064828' }, only: ['acme/app/**:pull'] };

  test('the first rule that matches decides, also if a later one gives more', async () => {
    expect(ruleFor(await rulesOf(main, any), onMain)).toBe('main');
    expect(ruleFor(await rulesOf(any, main), onMain)).toBe('any');
    expect(ruleFor(await rulesOf(main, any), { ...onMain, ref: 'refs/heads/x' })).toBe('any');
  });

  test('a rule with another key set does not count, although its issuer is the same', async () => {
    const cluster = { ...main, issuer: 'https://kubernetes.default.svc', when: {} };
    const rules = await rulesOf(
      { ...cluster, name: 'test', jwks: 'test.json' },
      { ...cluster, name: 'prod', jwks: 'prod.json' },
    );
    const claims = { iss: cluster.issuer, aud: 'registry.example.com' };
    const [, prod] = rules as [TrustRule, TrustRule];
    expect(findRule(rules, { claims, sources: [keySourceOf(prod)] })?.name).toBe('prod');
    expect(findRule(rules, { claims, sources: [] })).toBeUndefined();
  });
});

describe('attacks', () => {
  const loggedIn = async (trust: Rules, claims: Claims): Promise<FederatedSubject | undefined> => {
    const rules = await rulesOf(...trust);
    const rule = findRule(rules, { claims, sources: [keySourceOf(rules[0] as TrustRule)] });
    return rule && { kind: 'ci', name: rule.name, rights: rightsOf(rule, claims), through: 'JWT' };
  };
  const holds = async (trust: Rules, claims: Claims, scope: string): Promise<string | undefined> => {
    const subject = await loggedIn(trust, claims);
    if (subject === undefined) return undefined;
    const realm = {
      kind: 'private',
      host: { name: 'r.test', port: undefined },
      because: 'not a public domain',
    } as const;
    const policy = { publicRepositories: [], catalog: 'users', publicCatalog: true, rules: noRules } as const;
    return decide(subject, realm, [parseScope(scope)], policy, '10.0.0.1')[0]?.actions.join();
  };

  test('82: the form of sub never decides', async () => {
    for (const sub of ['repo:acme/app:ref:refs/heads/main', 'repo:acme%3Aapp@1:x', '*', undefined])
      expect((await loggedIn([main], { ...onMain, sub }))?.name).toBe('main');
    expect(await loggedIn([main], { ...onMain, repository_id: '1' })).toBeUndefined();
  });

  test("85: a fork's pull request does not get the right to push", async () => {
    const pulls = {
      ...main,
      name: 'pulls',
      when: { repository_id: '260064828', event_name: ['pull_request'] },
      only: ['acme/app/**:pull'],
    };
    const fork = { ...onMain, ref: 'refs/pull/7/merge', event_name: 'pull_request' };
    expect(await holds([main, pulls], fork, 'repository:acme/app/web:pull,push')).toBe('pull');
    expect(await holds([main, pulls], onMain, 'repository:acme/app/web:pull,push')).toBe('pull,push');
    expect(await loggedIn([main], fork)).toBeUndefined();
  });

  test('88: a namespace that is created again with another uid does not match', async () => {
    const pinned = {
      name: 'shop',
      issuer: 'https://k8s.example.com',
      when: { 'kubernetes.io/namespace': 'shop', 'kubernetes.io/serviceaccount/uid': '11-22' },
      only: ['shop/**:pull'],
    };
    const pod = (uid: string): Claims => ({
      iss: pinned.issuer,
      aud: ['registry.example.com'],
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'default', uid } },
    });
    expect((await loggedIn([pinned], pod('11-22')))?.name).toBe('shop');
    expect(await loggedIn([pinned], pod('33-44'))).toBeUndefined();
  });

  test('90: the name of a rule is never the name of a user or robot', async () => {
    const subject = await loggedIn([{ ...main, name: 'alice' }], onMain);
    expect(subject && subjectClaim(subject)).toBe('ci:alice');
  });

  test.each([
    ['a slash', 'a/b'],
    ['a star', '*'],
    ['two stars', '**'],
    ['dots', '..'],
    ['a parent folder', '../x'],
    ['a colon', 'a:pull,push'],
    ['an encoded slash', 'a%2fb'],
    ['nothing', ''],
    ['a space', 'a b'],
    ['a line break', 'a\n'],
    ['a NUL', 'a\0'],
    ['a letter that becomes an ASCII letter in lower case', '\u212Aube'],
    ['a variable', '${ref}'],
    ['an array', ['a']],
    ['an object', { a: 'a' }],
    ['null', null],
    ['no claim', undefined],
  ])('92: a claim with %s in ${claim} gives nothing', async (_, value) => {
    const trust = [{ ...main, only: ['${repository_owner}/**:pull,push', 'acme/app/**:pull'] }];
    const claims = { ...onMain, repository_owner: value };
    const subject = await loggedIn(trust, claims);
    expect(subject?.rights.map(({ pattern }) => pattern.text)).toEqual(['acme/app/**']);
  });

  test('a job never lists the catalog', async () => {
    expect(await holds([{ ...main, only: ['**:*'] }], onMain, 'registry:catalog:*')).toBe('');
  });

  test('${claim} is in lower case in the pattern', async () => {
    const trust = [{ ...main, only: ['${repository_owner}/**:push'] }];
    expect(await holds(trust, onMain, 'repository:acme/x:push')).toBe('push');
    expect(await holds(trust, onMain, 'repository:other/x:push')).toBe('');
  });
});

describe('an explanation', () => {
  test('names each claim that does not match, with the value of the JWT', async () => {
    const rules = await rulesOf(main, { ...main, name: 'other', issuer: 'https://id.example.com', when: {} });
    const claims = { ...onMain, aud: 'x', ref: 'refs/heads/fix', repository_id: undefined };
    const results = explainRules(rules, { claims, sources: [keySourceOf(rules[0] as TrustRule)] });
    expect(results.map(formatRuleResult)).toEqual([
      expect.stringMatching(/^main: the claim aud is "x", but must be "registry.example.com" or "https:/),
      'main: the JWT has no claim repository_id, which must be "260064828"',
      'main: the claim ref is "refs/heads/fix", but must be "refs/heads/main" or "refs/tags/*"',
    ]);
  });

  test('says that another key set has signed the JWT', async () => {
    const rules = await rulesOf({ ...main, jwks: 'a.json' });
    expect(explainRules(rules, { claims: onMain, sources: [] })).toEqual([{ rule: 'main', kind: 'keys' }]);
  });

  test('shortens long values', async () => {
    const rules = await rulesOf(main);
    const sources = [keySourceOf(rules[0] as TrustRule)];
    const [result] = explainRules(rules, { claims: { ...onMain, ref: 'x'.repeat(5000) }, sources });
    expect(formatRuleResult(result as NonNullable<typeof result>).length).toBeLessThan(400);
  });
});
