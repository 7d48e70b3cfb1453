import { describe, expect, test } from 'vitest';
import { addGroup, joinGroup } from '../../../../src/admin/groups.ts';
import { addGrant } from '../../../../src/admin/rights/grants.ts';
import { createRobot } from '../../../../src/admin/robots.ts';
import { loadConfig, type Config } from '../../../../src/config/load.ts';
import { readPastedRules } from '../../../../src/config/pasted-rules.ts';
import { policySettings } from '../../../../src/config/policy-settings.ts';
import { listLogins } from '../../../../src/explain/list-logins.ts';
import { viewRule } from '../../../../src/explain/list-rules.ts';
import { previewRules, type AccessChange } from '../../../../src/explain/preview-rules.ts';
import { decide } from '../../../../src/policy/decide.ts';
import { createRuleIndex } from '../../../../src/policy/rule-index.ts';
import type { Rule } from '../../../../src/policy/rule.ts';
import { parseScope } from '../../../../src/scope/parse-scopes.ts';
import type { Store } from '../../../../src/store/store.ts';
import { drawRule, randomFrom } from '../../../support/policy/random-policies.ts';
import { add, clock, now, type NewAdminDatabase } from './admin-database.ts';

const configFor = (policy: readonly unknown[]): Promise<Config> =>
  loadConfig({
    file: null,
    environment: {},
    flags: {
      policy: JSON.stringify(policy),
      publicDomains: ['pub.example.com'],
      publicRepositories: ['open/**'],
    },
  });

async function rulesOf(policy: readonly unknown[]): Promise<readonly Rule[]> {
  const { rules } = await readPastedRules(policy);
  if (rules === undefined) throw new Error('the rules of the test are invalid');
  return rules;
}

/** Formats a change as one line, such as `alice,bob private team/app -push`. */
function short({ subjects, domain, repositories, gained, lost, from }: AccessChange): string {
  return [
    subjects.map(({ name }) => name).join(),
    domain,
    repositories.map(({ repository }) => repository).join(),
    [...gained.map((action) => `+${action}`), ...lost.map((action) => `-${action}`)].join(''),
    ...(from === null ? [] : [JSON.stringify(from)]),
  ].join(' ');
}

/** The preview of rules behaves the same with each database. */
export function previewBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const filled = async (): Promise<Store> => {
    const store = await (await newDatabase()).connect();
    for (const name of ['alice', 'bob', 'carol']) await add(store, name);
    await add(store, 'boss', 'admin');
    await addGroup(store, clock, 'dev');
    await joinGroup(store, clock, { group: 'dev', user: 'bob' });
    await addGrant(store, clock, { subject: 'carol', pattern: 'other/**', actions: ['pull'] });
    const only = [{ pattern: 'team/**', actions: ['pull', 'push'] as const }];
    await createRobot(store, clock, { name: 'ci', expiresIn: 60, only });
    return store;
  };
  const repositories = ['open/tool', 'other/x', 'prod/web', 'team/app'];
  const preview = async (
    store: Store,
    before: readonly unknown[],
    after: readonly unknown[],
    budgetMs = 60_000,
  ) => previewRules(await rulesOf(after), store, await configFor(before), now, { repositories, budgetMs });

  describe(`${backend}: the preview of rules`, () => {
    test('shows who loses and who gains what, on repositories that exist and on examples', async () => {
      const store = await filled();
      const found = await preview(
        store,
        [{ deny: ['push'], to: ['users'], on: ['prod/**'] }],
        [
          { deny: ['push'], to: ['users'], on: ['prod/**'] },
          { deny: ['push'], to: ['everyone'], on: ['team/**'] },
          { allow: ['pull'], to: ['group:dev'], on: ['team/**'], realm: 'public' },
        ],
      );
      expect(found.removed).toEqual([]);
      expect(found.added).toEqual([
        'rule 2: deny push to everyone on team/**',
        'rule 3: allow pull to group:dev on team/** under public domains',
      ]);
      expect(found.cut).toEqual([]);
      expect(found.changes.map(short).sort()).toEqual([
        'alice,bob private team/app,team/example -push',
        'bob public team/app,team/example +pull',
        'boss private team/app,team/example -push-*',
        'ci private team/app,team/example -push',
      ]);
      const [change] = found.changes;
      expect(change?.repositories).toEqual([
        { repository: 'team/app', patterns: [] },
        { repository: 'team/example', patterns: expect.arrayContaining(['team/**']) as string[] },
      ]);
    });

    test('shows nothing if only the order and the numbers of the rules differ', async () => {
      const rules = [
        { deny: ['push'], to: ['users'], on: ['prod/**'] },
        { allow: ['pull'], to: ['everyone'], on: ['team/**'] },
      ];
      const found = await preview(await filled(), rules, rules.toReversed());
      expect(found).toMatchObject({ changes: [], added: [], removed: [], cut: [] });
    });

    test('names the networks if a change depends on the address', async () => {
      const found = await preview(
        await filled(),
        [],
        [{ deny: ['push'], to: ['user:alice'], on: ['team/app'], from: ['10.0.0.0/8'] }],
      );
      expect(found.changes.map(short)).toEqual(['alice private team/app -push [["10.0.0.0/8"]]']);
    });

    test('finds the overlap of a new pattern with the pattern of a grant', async () => {
      const found = await preview(
        await filled(),
        [],
        [{ deny: ['pull'], to: ['user:carol'], on: ['*/secret'] }],
      );
      expect(found.changes.map(short).sort()).toEqual([
        'carol private other/secret -pull',
        'carol public open/secret -pull',
      ]);
    });

    test('follows ${user} and ${group}', async () => {
      const found = await preview(
        await filled(),
        [],
        [{ allow: ['delete'], to: ['users'], on: ['${user}/**', '${group}/x'] }],
      );
      expect(found.changes.map(short).sort()).toEqual([
        'alice private alice/example +delete',
        'bob private bob/example,dev/x +delete',
        'carol private carol/example +delete',
      ]);
    });

    test('says when it was cut', async () => {
      const rules = Array.from({ length: 300 }, (_, at) => ({
        deny: ['pull'],
        to: ['users'],
        on: [`a${at}/**`],
      }));
      const found = await preview(await filled(), [], rules, 0);
      expect(found.cut).toContain('the comparison took longer than 0 seconds');
    });

    test('agrees with the decisions for each user, robot and repository, for random rules', async () => {
      const store = await filled();
      const domains = [
        { kind: 'private', because: 'not a public domain' },
        { kind: 'public', because: 'public domain' },
      ] as const;
      const host = { name: 'registry.example.com', port: undefined };
      for (let seed = 1; seed <= 150; seed++) {
        const random = randomFrom(seed);
        const draw = () => random.some(3, () => 0).map((_, at) => drawRule(random, at + 1));
        const [before, after] = [draw(), draw()];
        const config = { ...(await configFor([])), policy: before };
        const names = ['open/app', 'team/app', 'team/web', 'alice/x', 'secret/app', ...repositories];
        const found = await previewRules(after, store, config, now, {
          repositories: names,
          budgetMs: 60_000,
        });
        const { policy } = policySettings(config);
        const other = { ...policy, rules: createRuleIndex(after) };
        for (const { subject, kind, name } of await listLogins(store, config, now)) {
          if (kind === 'token') continue;
          for (const domain of domains) {
            for (const repository of names) {
              const scope = parseScope(`repository:${repository}:pull,push,delete,*`);
              const realm = { ...domain, host };
              const actionsWith = (rules: typeof policy) =>
                decide(subject, realm, [scope], rules, '192.0.2.1')[0]?.actions ?? [];
              const [old, next] = [actionsWith(policy), actionsWith(other)];
              const shown = found.changes.filter(
                (change) =>
                  change.domain === domain.kind &&
                  change.subjects.some((one) => one.name === name && one.kind === kind) &&
                  change.repositories.some((probe) => probe.repository === repository) &&
                  (change.from === null || change.from.some((networks) => networks.length === 0)),
              );
              const expected = String(old) === String(next) ? [] : [[old, next]];
              expect({ seed, name, repository, shown: shown.map((one) => [one.before, one.after]) }).toEqual({
                ...{ seed, name, repository },
                shown: expected,
              });
            }
          }
        }
      }
    });
  });

  describe(`${backend}: the list of rules`, () => {
    test('shows what each rule matches, and which have no effect', async () => {
      const store = await filled();
      const config = await configFor([
        { deny: ['push'], to: ['group:dev', 'robot:ci'], on: ['Team/**'] },
        { allow: ['pull'], to: ['users'], on: ['${user}/**', 'prod/*'] },
        { allow: ['push'], to: ['robots'], on: ['UPPER/**'] },
      ]);
      const logins = await listLogins(store, config, now);
      const views = config.policy.map((rule) =>
        viewRule(rule, config.policy, logins, [...repositories, 'alice/x', 'nobody/x']),
      );
      expect(views).toMatchObject([
        {
          number: 1,
          subjects: { count: 2, names: ['bob', 'ci'] },
          repositories: { count: 1, names: ['team/app'] },
          unused: null,
        },
        {
          number: 2,
          subjects: { count: 4 },
          repositories: { count: 2, names: ['prod/web', 'alice/x'] },
          unused: null,
        },
        { number: 3, unused: expect.any(String) as string, repositories: { count: 0, names: [] } },
      ]);
    });
  });
}
