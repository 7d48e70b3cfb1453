import { describe, expect, test } from 'vitest';
import { policySettings } from '../../../src/config/policy-settings.ts';
import { explain, type ExplainedSubject } from '../../../src/explain/explain.ts';
import { compilePattern } from '../../../src/policy/pattern.ts';
import { findUnusedPublicPatterns, findUnusedRules } from '../../../src/policy/unused-rules.ts';
import { canMatchRepository } from '../../../src/policy/can-match-repository.ts';
import { rightsOfRole, type Action } from '../../../src/policy/rights.ts';
import { parseHost } from '../../../src/net/host.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

type Rules = readonly Readonly<Record<string, unknown>>[];

interface Traits {
  readonly groups?: readonly string[];
  readonly grants?: Readonly<Record<string, readonly Action[]>>;
  readonly only?: Readonly<Record<string, readonly Action[]>>;
  readonly role?: 'admin' | 'writer' | 'reader';
}

/** Compiles rights that are given as a map from patterns to actions. */
function rightsFrom(grants: Readonly<Record<string, readonly Action[]>>) {
  return Object.entries(grants).map(([text, actions]) => ({ pattern: compilePattern(text), actions }));
}

function asUser(name: string, { groups = [], grants, only, role = 'writer' }: Traits = {}): ExplainedSubject {
  return {
    kind: 'loggedIn',
    subject: {
      kind: 'user',
      name,
      admin: role === 'admin',
      groups,
      rights: grants === undefined ? rightsOfRole(role) : rightsFrom(grants),
      only: only && rightsFrom(only),
      through: 'password',
    },
  };
}

const noUser: ExplainedSubject = { kind: 'anonymous' };
const robot: ExplainedSubject = {
  kind: 'loggedIn',
  subject: { kind: 'robot', name: 'ci', rights: rightsFrom({ 'team/**': ['pull', 'push'] }) },
};
const job: ExplainedSubject = {
  kind: 'loggedIn',
  subject: { kind: 'ci', name: 'alice', rights: rightsFrom({ 'team/**': ['pull', 'push'] }), through: 'JWT' },
};
const bare = { grants: { 'own/**': ['pull'] } } as const;

async function configOf(policy: Rules, publicRepositories: readonly string[] = []) {
  const settings = { publicDomains: ['pub.example.com'], publicRepositories, policy };
  return configIn(await temporaryDirectory('rules'), settings);
}

/**
 * Returns the actions in a token that was requested for all actions on a repository. The rules are in the form of
 * dockpass.yml.
 */
async function holds(
  policy: Rules,
  who: ExplainedSubject,
  repository: string,
  { host = 'registry.example.com', from = '192.0.2.1', open = [] as string[] } = {},
): Promise<string> {
  const config = await configOf(policy, open);
  const { token } = await explain(
    { host: parseHost(host), address: from, scopes: [`repository:${repository}:*`], who },
    {
      ...policySettings(config),
      tokens: { issuer: 'dockpass', service: 'registry', pullLifetime: 300, pushLifetime: 3600 },
    },
  );
  return token?.access[0]?.actions.join() ?? '';
}

describe('rules in dockpass.yml', () => {
  const ownNamespace = [{ allow: ['pull', 'push'], to: ['users'], on: ['${user}/**'] }];

  test('one rule gives each user a namespace', async () => {
    expect(await holds(ownNamespace, asUser('alice', bare), 'alice/app')).toBe('pull,push');
    expect(await holds(ownNamespace, asUser('alice', bare), 'bob/app')).toBe('');
    expect(await holds(ownNamespace, asUser('a.b', bare), 'a.b/app')).toBe('pull,push');
    expect(await holds(ownNamespace, asUser('a.b', bare), 'axb/app')).toBe('');
  });

  test.each(['alice@example.com', 'a..b', '*', '**', 'a/b', '${group}', ''])(
    'the variable for the user matches nothing if the user name is %j',
    async (name) => {
      for (const repository of ['alice/app', 'a/b/app', 'a..b/app', 'app/app', 'dev/app'])
        expect(
          await holds(ownNamespace, asUser(name, { ...bare, groups: ['dev'] }), repository).catch(() => ''),
        ).toBe('');
    },
  );

  test('${group} stands for each group of the user', async () => {
    const rules = [{ allow: 'pull', to: 'users', on: 'teams/${group}/*' }];
    const alice = asUser('alice', { ...bare, groups: ['dev', 'ops'] });
    expect(await holds(rules, alice, 'teams/ops/app')).toBe('pull');
    expect(await holds(rules, alice, 'teams/dev/app')).toBe('pull');
    expect(await holds(rules, alice, 'teams/hr/app')).toBe('');
    expect(await holds(rules, alice, 'teams/ops/app/deep')).toBe('');
  });

  test('a deny rule overrides roles, grants and allow rules, whatever their order', async () => {
    const allow = { allow: ['*'], to: ['everyone'], on: ['**'] };
    const deny = { deny: ['push'], to: ['everyone'], on: ['infra/**'] };
    const admin = asUser('root', { role: 'admin' });
    for (const rules of [
      [allow, deny],
      [deny, allow],
    ]) {
      // The deny of push also removes *, because a registry would accept * as push.
      expect(await holds(rules, admin, 'infra/app')).toBe('pull,delete');
      expect(await holds(rules, admin, 'other/app')).toBe('pull,push,delete,*');
      expect(await holds(rules, asUser('al', { grants: { '**': ['push'] } }), 'infra/app')).toBe(
        'pull,delete',
      );
    }
  });

  test.each([
    ['secret/**', 'SECRET/app'],
    ['secret/**', 'sEcReT/app'],
    ['Secret/**', 'secret/app'],
    ['SECRET/app', 'Secret/app'],
    ['*/app', 'SECRET/app'],
    ['${user}/**', 'Alice/app'],
    ['**/secret', 'A.B:5000/secret'],
  ])('a deny rule on %s also denies %s, because storage may ignore case', async (pattern, repository) => {
    const rules = [{ deny: ['*'], to: ['everyone', 'users'], on: [pattern] }];
    expect(await holds(rules, asUser('alice', { role: 'admin' }), repository)).toBe('');
    expect(await holds(rules, asUser('alice', { role: 'admin' }), 'other/other')).toBe('pull,push,delete,*');
  });

  test('a public domain serves a name with upper-case letters only if it serves it in lower case too', async () => {
    const pulls = (open: string[], repository: string, rules: Rules = []) =>
      holds(rules, noUser, repository, { host: 'pub.example.com', open });
    expect(await pulls(['**'], 'OPEN/app')).toBe('pull');
    expect(await pulls(['*/app'], 'OPEN/app')).toBe('pull');
    expect(await pulls(['open/**'], 'OPEN/app')).toBe('');
    expect(await pulls(['OPEN/**'], 'OPEN/app')).toBe('');
    expect(await pulls(['OPEN/**'], 'open/app')).toBe('');
    expect(await pulls(['OPEN/**', 'open/**'], 'OPEN/app')).toBe('pull');
    const allowOn = (on: string) => [{ allow: 'pull', to: 'everyone', on }];
    expect(await pulls([], 'OPEN/app', allowOn('OPEN/**'))).toBe('');
    expect(await pulls(['open/**'], 'OPEN/app', allowOn('OPEN/**'))).toBe('pull');
    const denyPull = [{ deny: 'pull', to: 'everyone', on: 'secret/**' }];
    expect(await pulls(['**'], 'SECRET/app', denyPull)).toBe('');
  });

  test('no rule extends the rights of an access token or a robot', async () => {
    const rules = [{ allow: ['*'], to: ['everyone', 'robots'], on: ['**'] }];
    const limited = asUser('alice', { only: { 'team/**': ['pull'] } });
    expect(await holds(rules, limited, 'team/app')).toBe('pull');
    expect(await holds(rules, limited, 'other/app')).toBe('');
    expect(await holds(rules, robot, 'team/app')).toBe('pull,push');
    expect(await holds(rules, robot, 'other/app')).toBe('');
  });

  test('a rule can be limited to networks', async () => {
    const rules = [
      { deny: ['push', 'delete'], to: ['everyone'], on: ['**'], from: ['10.0.0.0/8', '2001:db8::/32'] },
    ];
    const admin = asUser('root', { role: 'admin' });
    expect(await holds(rules, admin, 'app', { from: '10.9.8.7' })).toBe('pull');
    expect(await holds(rules, admin, 'app', { from: '2001:db8::7' })).toBe('pull');
    expect(await holds(rules, admin, 'app', { from: '192.0.2.1' })).toBe('pull,push,delete,*');
  });

  describe('under a public domain', () => {
    const pub = { host: 'pub.example.com' };

    test.each([
      ['everyone', undefined, 'pull', 'pull'],
      ['anonymous', undefined, 'pull', 'pull'],
      // A rule for only some subjects applies to public domains only if its realm is public.
      ['users', undefined, '', ''],
      ['users', 'public', '', 'pull'],
      ['user:alice', 'public', '', 'pull'],
      ['users', 'private', '', ''],
    ])(
      'a rule that allows everything to %s in realm %s gives anonymous clients %j and alice %j',
      async (to, realm, anonymous, alice) => {
        const rules = [{ allow: ['*'], to, on: 'lib/**', ...(realm !== undefined && { realm }) }];
        expect(await holds(rules, noUser, 'lib/app', pub)).toBe(anonymous);
        expect(await holds(rules, asUser('alice', { role: 'admin' }), 'lib/app', pub)).toBe(alice);
        expect(await holds(rules, noUser, 'other/app', pub)).toBe('');
      },
    );

    test('a deny rule excludes repositories from publicRepositories', async () => {
      const rules = [{ deny: ['pull'], to: ['everyone'], on: ['lib/secret/**'] }];
      expect(await holds(rules, noUser, 'lib/secret/app', { ...pub, open: ['**'] })).toBe('');
      expect(await holds(rules, noUser, 'lib/app', { ...pub, open: ['**'] })).toBe('pull');
    });
  });
});

describe('rules for a job that has logged in with a JWT', () => {
  const deny = (to: string) => [{ deny: ['push'], to: [to], on: ['**'] }];

  test('a rule names it by its trust rule, and everyone includes it', async () => {
    expect(await holds([], job, 'team/app')).toBe('pull,push');
    expect(await holds(deny('ci:alice'), job, 'team/app')).toBe('pull');
    expect(await holds(deny('CI:Alice'), job, 'team/app')).toBe('pull');
    expect(await holds(deny('everyone'), job, 'team/app')).toBe('pull');
  });

  test.each(['users', 'robots', 'user:alice', 'robot:alice', 'group:alice', 'ci:other', 'anonymous'])(
    'a rule for %s does not apply to it',
    async (to) => {
      expect(await holds(deny(to), job, 'team/app')).toBe('pull,push');
    },
  );

  test('a rule for a trust rule does not apply to a user or robot of the same name', async () => {
    const rules = [...deny('ci:alice'), ...deny('ci:ci')];
    expect(await holds(rules, asUser('alice'), 'team/app')).toBe('pull,push');
    expect(await holds(rules, robot, 'team/app')).toBe('pull,push');
  });

  test('an allow rule never adds to the rights of its trust rule', async () => {
    const rules = [{ allow: ['*'], to: ['everyone', 'ci:alice'], on: ['**'] }];
    expect(await holds(rules, job, 'team/app')).toBe('pull,push');
    expect(await holds(rules, job, 'other/app')).toBe('');
  });

  test('variables have no value for it', async () => {
    const rules = [{ deny: ['push'], to: ['everyone'], on: ['${user}/**'] }];
    const own = {
      kind: 'ci',
      name: 'alice',
      rights: rightsFrom({ '**': ['push'] }),
      through: 'JWT',
    } as const;
    expect(await holds(rules, { kind: 'loggedIn', subject: own }, 'alice/app')).toBe('push');
  });

  test('under a public domain, it pulls what everyone pulls', async () => {
    const pub = { host: 'pub.example.com', open: ['lib/**'] };
    expect(await holds([], job, 'lib/app', pub)).toBe('pull');
    expect(await holds([], job, 'team/app', pub)).toBe('');
  });
});

describe('an invalid rule is rejected, and the error names its place and the fix', () => {
  test.each<[Readonly<Record<string, unknown>>, RegExp]>([
    [
      { allow: ['pul'], to: 'users', on: '**' },
      /:6: policy\.0\.allow\.0: must be an action: pull, push, delete or "\*"/,
    ],
    [{ allow: 'pull', deny: 'pull', to: 'users', on: '**' }, /exactly one of the keys "allow" and "deny"/],
    [{ to: 'users', on: '**' }, /exactly one of the keys "allow" and "deny"/],
    [{ allow: 'pull', to: [], on: '**' }, /policy\.0\.to: must have at least one entry/],
    [{ allow: 'pull', on: '**' }, /policy\.0\.to: must be a list/],
    [{ allow: 'pull', to: 'ci:', on: '**' }, /must be user:NAME/],
    [{ allow: 'pull', to: 'alice', on: '**' }, /must be user:NAME, group:NAME, robot:NAME, ci:NAME/],
    [
      { allow: 'pull', to: 'users', on: '${usr}/**' },
      /\$\{usr\} is not a variable; the variables are \$\{user\} and \$\{group\}/,
    ],
    [{ allow: 'pull', to: 'users', on: 'home-${user}/**' }, /must be a whole path segment/],
    [{ allow: 'pull', to: 'users', on: '${user}*' }, /must be a whole path segment/],
    [{ allow: 'pull', to: 'users', on: '**', realm: 'open' }, /must be public or private/],
    [{ allow: 'pull', to: 'users', on: '**', from: '10.0.0.0/40' }, /must be an address, a network/],
    [{ allow: 'pull', to: 'users', on: '**', when: 'never' }, /policy\.0\.when: there is no such setting/],
  ])('%j', async (rule, fault) => {
    await expect(configOf([rule])).rejects.toThrow(fault);
  });
});

describe('a rule without an effect is reported', () => {
  test.each<[string, Rules, RegExp | undefined]>([
    ['a rule that has an effect', [{ allow: 'pull', to: 'users', on: '${user}/**' }], undefined],
    [
      'a pattern that no name can match',
      [{ allow: 'pull', to: 'users', on: 'a//b' }],
      /no repository can have a name like "a\/\/b"/,
    ],
    ['a public push', [{ allow: 'push', to: 'users', on: '**', realm: 'public' }], /only serves pulls/],
    [
      'anonymous on a private domain',
      [{ deny: 'pull', to: 'anonymous', on: '**', realm: 'private' }],
      /under a private domain, every client must log in/,
    ],
    ['a robot', [{ allow: 'pull', to: ['robots', 'robot:ci'], on: '**' }], /a robot never has more rights/],
    [
      'a job',
      [{ allow: 'pull', to: ['ci:app'], on: '**' }],
      /a job never has more rights than its trust rule/,
    ],
    [
      'the user variable for robots',
      [{ deny: 'pull', to: ['robots'], on: '${user}/**' }],
      /have no value for the subjects/,
    ],
    ['a deny in upper case', [{ deny: 'pull', to: 'users', on: 'team/App' }], undefined],
    ['one of two patterns', [{ deny: 'pull', to: 'users', on: ['**', '-x'] }], /no repository matches "-x"/],
    [
      'an allow that another rule denies',
      [
        { allow: ['pull', 'push'], to: 'group:dev', on: 'x/**' },
        { deny: '*', to: 'everyone', on: '**' },
      ],
      /rule 1 has no effect: rule 2 denies everything that rule 1 allows/,
    ],
    [
      'an allow that another rule denies in part',
      [
        { allow: ['pull', 'push'], to: 'group:dev', on: 'x/**' },
        { deny: 'push', to: 'everyone', on: '**' },
      ],
      undefined,
    ],
  ])('%s', async (_name, rules, warning) => {
    const warnings = findUnusedRules((await configOf(rules)).policy);
    if (warning === undefined) expect(warnings).toEqual([]);
    else expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  test('a public pattern in upper case is reported unless its names are public in lower case too', () => {
    const report = (...texts: string[]) =>
      findUnusedPublicPatterns(texts.map((text) => compilePattern(text)));
    expect(report('Mirror/**', 'team/**')).toEqual([
      expect.stringMatching(/^publicRepositories: "Mirror\/\*\*" has no effect.* add "mirror\/\*\*"$/),
    ]);
    for (const patterns of [['**'], ['Mirror/**', 'mirror/**'], ['Mirror/app', '*/app'], ['Mirror/**', '**']])
      expect(report(...patterns)).toEqual([]);
  });

  test.each([
    ['**', true],
    ['*', true],
    ['team/**', true],
    ['a_*_b', true],
    ['a.*', true],
    ['*:5000/x', true],
    ['host.example.com:50*/x', true],
    ['Team**', true],
    ['Team-**', true],
    ['Team', false],
    ['team/App', false],
    ['a b', false],
    ['/a', false],
    ['a/', false],
    ['-*', false],
    ['a._*', false],
    ['$' + '{user}', false],
    ['a'.repeat(256), false],
    ['a*'.repeat(100), true],
  ])('can a repository have a name like %j? %s', (pattern, expected) => {
    expect(canMatchRepository(pattern)).toBe(expected);
  });
});
