import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, type Config } from '../../../src/config/load.ts';
import { needsRestart, reloadedSettings } from '../../../src/config/reload.ts';
import { configOfServer, describeServer, parseServer } from '../../../src/config/running-settings.ts';
import { showConfigAsJson } from '../../../src/config/show.ts';
import { trustRuleKeys, trustRuleSchema } from '../../../src/config/values/trust-rules.ts';
import { messageOf } from '../../../src/errors.ts';
import { formatRightTemplate, parseRightTemplate } from '../../../src/trust/right-template.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

type Rule = Readonly<Record<string, unknown>>;

const up = { privateDomains: ['registry.example.com'] };
const rule = {
  name: 'app',
  issuer: 'github',
  when: { repository_id: '260064828' },
  only: ['acme/app/**:pull,push'],
};
const own = { ...rule, name: 'own', issuer: 'https://id.example.com', when: { team: 'a' } };

/** Writes the settings as JSON, which is YAML too, and loads them. */
async function load(settings: object, environment: Record<string, string> = {}): Promise<Config> {
  const file = join(await temporaryDirectory('trust'), 'dockpass.yml');
  await writeFile(file, JSON.stringify(settings, null, 1));
  return loadConfig({ file, environment });
}

async function faultOf(...trust: readonly unknown[]): Promise<string> {
  return load({ up, trust }).then(() => 'no fault', messageOf);
}

describe('a rule', () => {
  test('has the issuer of its preset, the private domains as audiences, and a session of an hour', async () => {
    const { trust } = await load({ up, trust: [rule] });
    expect(trust).toEqual([
      {
        name: 'app',
        origin: 'file',
        issuer: 'https://token.actions.githubusercontent.com',
        preset: 'github',
        jwks: undefined,
        audiences: [
          'registry.example.com',
          'https://registry.example.com',
          'registry.example.com:5001',
          'https://registry.example.com:5001',
        ],
        when: [{ claim: 'repository_id', accepted: ['260064828'] }],
        only: [{ pattern: 'acme/app/**', actions: ['pull', 'push'], claims: [] }],
        session: 3600,
        isPending: false,
      },
    ]);
  });

  test.each([
    ['gitlab', 'project_id', 'https://gitlab.com'],
    ['buildkite', 'pipeline_id', 'https://agent.buildkite.com'],
    ['circleci', 'oidc.circleci.com/org-id', 'https://oidc.circleci.com/org/5'],
  ])('with the preset %s has its issuer', async (issuer, claim, url) => {
    const { trust } = await load({ up, trust: [{ ...rule, issuer, when: { [claim]: '5' } }] });
    expect(trust).toMatchObject([{ issuer: url, preset: issuer }]);
  });

  test('with a written out issuer keeps it exactly, and has its preset', async () => {
    const issuers = ['https://gitlab.com', 'https://id.example.com/', 'https://ID.example.com/a'];
    const trust = issuers.map((issuer, at) => ({ ...rule, name: `r${at}`, issuer, when: { project_id: 5 } }));
    const read = (await load({ up, trust })).trust;
    expect(read.map(({ issuer }) => issuer)).toEqual(issuers);
    expect(read.map(({ preset }) => preset)).toEqual(['gitlab', undefined, undefined]);
  });

  test('reads single entries without a list, numbers and booleans, and names in upper case', async () => {
    const trust = [
      {
        ...own,
        name: 'App',
        audience: 'me',
        when: { id: 5, ok: true, n: [1, 'b'] },
        only: 'a,b/**:pull,push',
      },
    ];
    await expect(load({ up, trust })).rejects.toThrow(/no repository can have a name like "a,b/);
    const read = (await load({ up, trust: [{ ...trust[0], only: 'a/**:pull,push', session: '0s' }] })).trust;
    expect(read).toMatchObject([
      {
        name: 'app',
        audiences: ['me'],
        when: [{ accepted: ['5'] }, { accepted: ['true'] }, { accepted: ['1', 'b'] }],
        only: [{ pattern: 'a/**', actions: ['pull', 'push'] }],
        session: 0,
      },
    ]);
  });

  test('finds a file with keys relative to the configuration file', async () => {
    const { trust, file } = await load({ up, trust: [{ ...own, jwks: 'keys/prod.json' }] });
    expect(trust[0]?.jwks).toBe(join(file ?? '', '..', 'keys/prod.json'));
    const jwks = 'https://id.example.com/keys?v=1';
    expect((await load({ up, trust: [{ ...own, jwks }] })).trust[0]?.jwks).toBe(jwks);
  });

  test('can come from the environment as JSON', async () => {
    expect((await load({ up }, { DOCKPASS_TRUST: JSON.stringify([rule]) })).trust).toHaveLength(1);
    expect((await load({ up, trust: [rule] }, { DOCKPASS_TRUST: '' })).trust).toEqual([]);
    await expect(load({ up }, { DOCKPASS_TRUST: 'github' })).rejects.toThrow(
      /^DOCKPASS_TRUST: must be a list of rules in JSON/,
    );
    await expect(load({ up }, { DOCKPASS_TRUST: '[{"name": "a"}]' })).rejects.toThrow(
      /^DOCKPASS_TRUST: trust\.0\.issuer: must be github/m,
    );
  });

  test('has an audience for each private domain, and none for a wildcard', async () => {
    const domains = ['a.example.com:8443', '*.w.example.com', '[2001:db8::1]', 'b.example.com:443'];
    const { trust } = await load({ up: { privateDomains: domains, port: 5443 }, trust: [rule] });
    expect(trust[0]?.audiences.filter((text) => !text.startsWith('https:'))).toEqual([
      ...['a.example.com', 'a.example.com:8443', '[2001:db8::1]', '[2001:db8::1]:5443'],
      ...['b.example.com', 'b.example.com:443'],
    ]);
  });
});

describe('a mistake is reported with its line and a fix', () => {
  test.each<[string, Rule, RegExp]>([
    ['an unknown key', { ...rule, wen: {} }, /trust\.0\.wen: there is no such setting\. Did you mean when\?/],
    ['no name', { ...rule, name: undefined }, /trust\.0\.name: must be a name of at most 64 characters/],
    ['a colon in the name', { ...rule, name: 'ci:app' }, /trust\.0\.name: must be a name/],
    [
      'no issuer',
      { ...rule, issuer: undefined },
      /trust\.0\.issuer: must be github, gitlab, buildkite, circleci, or/,
    ],
    ['a misspelled preset', { ...rule, issuer: 'gihtub' }, /trust\.0\.issuer: .*Did you mean github\?/],
    ['http', { ...own, issuer: 'http://id.example.com' }, /issuer: must be an https URL, because keys/],
    [
      'a user name in the issuer',
      { ...own, issuer: 'https://u:p@id.example.com' },
      /must be an https URL without a user/,
    ],
    [
      'an empty user name',
      { ...own, issuer: 'https://@id.example.com' },
      /must be an https URL without a user name/,
    ],
    ['a query', { ...own, issuer: 'https://id.example.com?a' }, /without a user name, "\?", "#"/],
    ['an empty fragment', { ...own, issuer: 'https://id.example.com/#' }, /without a user name, "\?", "#"/],
    ['white space', { ...own, issuer: 'https://id.example.com/ ' }, /and white space/],
    ['no host', { ...own, issuer: 'https://' }, /must be an https URL/],
    [
      'keys by http',
      { ...own, jwks: 'http://id.example.com/keys' },
      /trust\.0\.jwks: must be the path of a file/,
    ],
    ['keys by file:', { ...own, jwks: 'file:///keys.json' }, /trust\.0\.jwks: must be the path of a file/],
    [
      'an audience with a star',
      { ...rule, audience: ['*.example.com'] },
      /audience\.0: .*A \* has no special meaning/,
    ],
    [
      'no audience in the list',
      { ...rule, audience: [] },
      /audience: must be a list of values of the claim aud/,
    ],
    ['a list for when', { ...rule, when: ['a'] }, /trust\.0\.when: must be a mapping of claims to values/],
    [
      'an empty list',
      { ...rule, when: { repository_id: [] } },
      /when\.repository_id: must have at least one value/,
    ],
    ['null', { ...rule, when: { repository_id: null } }, /when\.repository_id: must be a text, a number/],
    ['an empty text', { ...rule, when: { ref: '' } }, /when\.ref: must be a text, a number/],
    ['a nested mapping', { ...rule, when: { a: { b: 'c' } } }, /when\.a: .*write its path/],
    [
      'an empty part of a path',
      { ...rule, when: { 'a//b': 'c' } },
      /must be the name of a claim, or the path/,
    ],
    ['no rights', { ...rule, only: [] }, /trust\.0\.only: must be a list of rights, each PATTERN:ACTIONS/],
    [
      'no actions',
      { ...rule, only: ['a/**'] },
      /only\.0: "a\/\*\*" is incomplete: write a pattern, a colon and actions/,
    ],
    ['an unknown action', { ...rule, only: ['a/**:pull,read'] }, /"read" is not an action: use pull, push/],
    [
      'a variable in a part of a segment',
      { ...rule, only: ['x-${ref}:pull'] },
      /\$\{ref\} must be a whole path segment/,
    ],
    ['a session that is too long', { ...rule, session: '7h' }, /session: must be a duration of at most 6h/],
    ['a session without a unit', { ...rule, session: '60' }, /session: must be a duration of at most 6h/],
    [
      'an internal issuer without keys',
      { ...own, issuer: 'https://kubernetes.default.svc' },
      /jwks: is missing\. Many Kubernetes clusters/,
    ],
    [
      'the same with the domain of the cluster',
      { ...own, issuer: 'https://kubernetes.default.svc.cluster.local' },
      /jwks: is missing/,
    ],
    [
      'CircleCI without an organization',
      { ...rule, issuer: 'circleci' },
      /when: must have the claim oidc\.circleci\.com\/org-id/,
    ],
    [
      'CircleCI with two',
      { ...rule, issuer: 'circleci', when: { 'oidc.circleci.com/org-id': ['a', 'b'] } },
      /one organization/,
    ],
    [
      'CircleCI with a star',
      { ...rule, issuer: 'circleci', when: { 'oidc.circleci.com/org-id': '*' } },
      /one organization/,
    ],
    [
      'sub of GitHub',
      { ...rule, when: { ...rule.when, sub: 'repo:a' } },
      /must not have the claim sub, because GitHub/,
    ],
  ])('%s', async (_, wrong, fault) => {
    expect(await faultOf(wrong)).toMatch(fault);
    expect(await faultOf(wrong)).toMatch(/dockpass\.yml:\d+: trust\.0/);
  });

  test('two rules with one name', async () => {
    expect(await faultOf(rule, { ...own, name: 'APP' })).toMatch(
      /trust\.1\.name: two rules have the name app\. Rename one/,
    );
  });

  test.each([5, 'x', null, [rule]])('the rule %j', async (wrong) => {
    expect(await faultOf(wrong)).toMatch(
      /trust\.0: must be a rule, which is a mapping with these keys: name, issuer/,
    );
  });

  test('a mapping instead of a list', async () => {
    await expect(load({ up, trust: rule })).rejects.toThrow(/trust: must be a list of rules/);
  });

  test.each([
    [
      'no private domain',
      [],
      /audience: is missing, and there is no default, because up\.privateDomains is empty/,
    ],
    [
      'only wildcards',
      ['*.example.com'],
      /only contains wildcards such as \*\.example\.com, and an audience is never/,
    ],
  ])('no audience where there is %s', async (_, privateDomains, fault) => {
    await expect(load({ up: { privateDomains }, trust: [rule] })).rejects.toThrow(fault);
    const trust = [{ ...rule, audience: 'registry.example.com' }];
    expect((await load({ up: { privateDomains }, trust })).trust).toHaveLength(1);
  });
});

describe('attack 93: a rule on a shared issuer that names no owner, project or repository', () => {
  const of = (issuer: string, when: object) => faultOf({ ...rule, issuer, when });
  const hint = /trust\.0\.when: does not name an owner, project or repository.*Add \w+/;

  test.each<[string, object]>([
    ['github', {}],
    ['github', { ref: 'refs/heads/main', environment: 'production' }],
    ['github', { repository: '*' }],
    ['github', { repository: '*/app' }],
    ['github', { repository: 'ac*/app' }],
    ['github', { repository: ['acme/app', '*/app'] }],
    ['github', { repository_id: '*' }],
    ['github', { repository_owner: 'acme*' }],
    ['github', { job_workflow_ref: 'acme/workflows/.github/workflows/x.yml@refs/heads/main' }],
    ['github', { actor: 'alice' }],
    ['https://token.actions.githubusercontent.com', {}],
    ['https://token.actions.githubusercontent.com/', {}],
    ['HTTPS://Token.Actions.GitHubUserContent.com:443', {}],
    ['https://token.actions.githubusercontent.com./', {}],
    ['https://token.actions.githubusercontent.com/enterprise', {}],
    ['gitlab', { ref: 'main', ref_protected: true }],
    ['gitlab', { user_login: 'alice' }],
    ['gitlab', { sub: 'project_path:acme/app:ref_type:branch:ref:main' }],
    ['https://GITLAB.com/', { namespace_path: '*' }],
    ['buildkite', { pipeline_slug: 'app' }],
    ['buildkite', { sub: 'organization:acme:pipeline:app:ref:refs/heads/main:commit:1:step:x' }],
    ['https://oidc.circleci.com', {}],
    ['https://accounts.google.com', { sub: '1234' }],
    ['https://app.terraform.io', { terraform_workspace_name: 'prod' }],
    ['https://codeberg.org/api/actions', { ref: 'refs/heads/main' }],
  ])('%s with %j is rejected with a hint', async (issuer, when) => {
    expect(await of(issuer, when)).toMatch(hint);
  });

  test.each<[string, object]>([
    ['github', { repository_id: '5' }],
    ['github', { repository_owner_id: 5 }],
    ['github', { repository: 'acme/*' }],
    ['github', { repository_owner: ['acme', 'other'] }],
    ['gitlab', { project_id: 5 }],
    ['gitlab', { namespace_path: 'acme' }],
    ['gitlab', { project_path: 'acme/*' }],
    ['buildkite', { organization_slug: 'acme' }],
    ['buildkite', { pipeline_id: '5' }],
    ['circleci', { 'oidc.circleci.com/org-id': '5' }],
    ['https://oidc.circleci.com/org/5', {}],
    ['https://accounts.google.com', { email: 'a@p.iam.gserviceaccount.com' }],
    ['https://github.example.com/_services/token', {}],
    ['https://gitlab.example.com', { ref: 'main' }],
  ])('%s with %j is accepted', async (issuer, when) => {
    expect(await of(issuer, when)).toBe('no fault');
  });
});

describe('a right with variables', () => {
  test.each([
    ['team/**:pull', ['pull'], []],
    ['team/**:push,pull', ['pull', 'push'], []],
    ['**:*', ['*'], []],
    ['host.example.com:5000/a:pull', ['pull'], []],
    ['${ref}/**:pull', ['pull'], ['ref']],
    ['a/${kubernetes.io/namespace}/${x}:pull', ['pull'], ['kubernetes.io/namespace', 'x']],
    ['${https://example.com/team}/b:pull,delete', ['pull', 'delete'], ['https://example.com/team']],
  ])('%s is read', (text, actions, claims) => {
    const template = parseRightTemplate(text);
    expect(template).toMatchObject({ actions, claims });
    expect(parseRightTemplate(formatRightTemplate(template))).toEqual(template);
  });

  test.each([
    ...['', ':pull', 'a', 'a:', 'a:5000/b', 'a:pull;push', 'a b:pull', '../a:pull', 'a//b:pull', 'a/:pull'],
    ...[
      '${}:pull',
      '${a:pull',
      '$a}:pull',
      'a}:pull',
      '${a}b:pull',
      'b${a}:pull',
      '${a}${b}:pull',
      '${a}*:pull',
    ],
    ...[
      '${a//b}:pull',
      '${a/}:pull',
      '${${a}}:pull',
      '${a}',
      '${a:pull}',
      '*${a}/b:pull',
      '${a}:5000/b:pull',
    ],
  ])('%j is rejected', (text) => {
    expect(() => parseRightTemplate(text)).toThrow(TypeError);
  });
});

describe('a rule for the database', () => {
  const fault = (input: object): string => {
    const read = trustRuleSchema('api').safeParse(input);
    return read.success ? 'no fault' : read.error.issues.map(({ message }) => message).join('\n');
  };

  test.each([
    ['a file', { ...own, jwks: 'keys.json' }],
    ['an absolute file', { ...own, jwks: '/etc/passwd' }],
    ['an address', { ...own, issuer: 'https://10.0.0.1' }],
    ['a loopback address', { ...own, issuer: 'https://[::1]:8443' }],
    ['an address in another spelling', { ...own, issuer: 'https://0x7f.1' }],
    ['localhost', { ...own, issuer: 'https://localhost' }],
    ['localhost in another spelling', { ...own, issuer: 'HTTPS://LOCALHOST.' }],
    ['a name without a dot', { ...own, issuer: 'https://vault:8200' }],
    ['an internal name', { ...own, issuer: 'https://id.corp.internal' }],
    ['keys at an internal name', { ...own, jwks: 'https://metadata.google.internal/keys' }],
  ])('cannot name %s', (_, input) => {
    expect(fault(input)).toMatch(/Add this rule to the setting "trust" in the configuration file/);
  });

  test('is otherwise as in the file', () => {
    expect(fault(own)).toBe('no fault');
    expect(fault({ ...rule, when: {} })).toMatch(/does not name an owner/);
    expect(trustRuleSchema('api').parse(own)).toMatchObject({ origin: 'database' });
  });
});

describe('a running server', () => {
  test('tells its rules, and applies changes without a restart', async () => {
    const before = await load({ up, trust: [{ ...own, jwks: 'a.json' }] });
    const after = await load({ up, trust: [{ ...own, jwks: 'a.json', session: '2h' }, rule] });
    expect(needsRestart(before, { ...after, database: before.database })).not.toContain('trust');
    expect(reloadedSettings(before, after)).toEqual(['trust']);
    const identity = {
      program: 'serve',
      version: '1',
      host: 'h',
      pid: 1,
      startedAt: 1,
      file: before.file,
    } as const;
    const server = parseServer(describeServer(identity, before, before, {}));
    expect(server && configOfServer(server, before).trust).toEqual(before.trust);
  });

  test('shows rules as they can be written in the file', async () => {
    const settings = { up, trust: [{ ...own, jwks: 'a.json', audience: 'me', session: '2h' }, rule] };
    const config = await load(settings);
    const shown = showConfigAsJson(config).find(({ name }) => name === 'trust')?.value ?? '';
    const again = await load({ up, trust: JSON.parse(shown) as unknown });
    expect(again.trust).toEqual(config.trust);
    expect(JSON.parse(shown)).toMatchObject([{ audience: ['me'], session: '2h' }, { issuer: 'github' }]);
  });
});

test('the keys in messages are those of the schema', async () => {
  const unknown = await faultOf({ ...Object.fromEntries(trustRuleKeys.map((key) => [key, {}])), other: 1 });
  expect(unknown.match(/there is no such setting/g)).toHaveLength(1);
});
