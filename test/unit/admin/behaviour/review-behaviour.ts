import { describe, expect, test } from 'vitest';
import { createAccessToken } from '../../../../src/admin/access-tokens.ts';
import { addGroup, joinGroup } from '../../../../src/admin/groups.ts';
import { importHtpasswd } from '../../../../src/admin/import-htpasswd.ts';
import { withActor } from '../../../../src/admin/people/actor.ts';
import { addGrant } from '../../../../src/admin/rights/grants.ts';
import { createRobot, disableRobot } from '../../../../src/admin/robots.ts';
import { disableUser } from '../../../../src/admin/users.ts';
import { createChangeEvent } from '../../../../src/audit/change-event.ts';
import { formatEvent } from '../../../../src/audit/format-event.ts';
import { formatEventText } from '../../../../src/audit/event-text.ts';
import { loadConfig, type Config } from '../../../../src/config/load.ts';
import { policySettings } from '../../../../src/config/policy-settings.ts';
import { findSubject } from '../../../../src/explain/find-subject.ts';
import { explain } from '../../../../src/explain/explain.ts';
import { whoCan, type Access } from '../../../../src/explain/who-can.ts';
import { parseHost } from '../../../../src/net/host.ts';
import type { Action } from '../../../../src/policy/rights.ts';
import type { AuditPlace, AuditRow, Store } from '../../../../src/store/store.ts';
import { add, addRobot, clock, now, type NewAdminDatabase } from './admin-database.ts';

const policy = [
  { allow: ['pull', 'push'], to: ['users'], on: ['${user}/**'] },
  { deny: ['push'], to: ['everyone'], on: ['Team/**'], from: ['10.0.0.0/8'] },
  { allow: ['delete'], to: ['user:dora'], on: ['team/**'], from: ['10.0.0.0/16', 'loopback'] },
  { deny: ['pull'], to: ['everyone'], on: ['team/internal'], realm: 'public' },
  { allow: ['pull'], to: ['group:dev'], on: ['team/internal'], realm: 'public' },
];

const configFor = (settings: Readonly<Record<string, unknown>>): Promise<Config> =>
  loadConfig({ file: null, environment: {}, flags: settings });

/** Tests what a person needs to review rights and changes, which must behave the same on every database. */
export function reviewBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: who may do what`, () => {
    const filled = async (): Promise<Store> => {
      const store = await newStore();
      for (const name of ['alice', 'bob', 'carol', 'dora', 'gone']) await add(store, name);
      await add(store, 'boss', 'admin');
      await add(store, 'idle', 'none');
      await addGroup(store, clock, 'dev');
      await joinGroup(store, clock, { group: 'dev', user: 'bob' });
      await addGrant(store, clock, { subject: 'group:dev', pattern: 'team/**', actions: ['pull'] });
      await addGrant(store, clock, { subject: 'carol', pattern: 'other/**', actions: ['*'] });
      await disableUser(store, clock, 'gone');
      await createRobot(store, clock, {
        ...{ name: 'ci', expiresIn: 60 },
        only: [{ pattern: 'team/**', actions: ['push'] }],
      });
      await addRobot(store, 'sleeper');
      await disableRobot(store, clock, 'sleeper');
      for (const [name, only, expiresIn] of [
        ['laptop', null, null],
        ['reader', [{ pattern: '**', actions: ['pull'] }], 60],
        ['old', null, -1],
      ] as const)
        await createAccessToken(store, clock, { name, user: 'alice', only, expiresIn });
      return store;
    };
    const ask = async (store: Store, repository: string, action?: Action, address?: string) =>
      whoCan(
        { repository, action, address },
        store,
        await configFor({ policy: JSON.stringify(policy), publicDomains: ['pub.example.com'] }),
        now,
      );
    const short = ({ name, kind, domain, actions, from }: Access): string =>
      [kind, name, domain, actions.join(','), JSON.stringify(from)].join(' ');

    test('names users, tokens, robots and anonymous clients with the role, grant or rule that allows it', async () => {
      const found = await ask(await filled(), 'team/app', 'pull');
      expect(found.map(short)).toEqual([
        'anonymous anonymous public pull null',
        'user alice private pull null',
        'user bob private pull null',
        'user boss private pull null',
        'user dora private pull null',
        'token laptop private pull null',
        'token reader private pull null',
      ]);
      const by = Object.fromEntries(found.map((access) => [access.name, access.by]));
      expect(by['anonymous']).toEqual(['publicRepositories: **']);
      expect(by['alice']).toEqual(['role writer: pull, push on **']);
      expect(by['bob']).toEqual(['grant to group:dev: pull on team/**']);
      expect(by['reader']).toEqual(['role writer: pull, push on **']);
      expect(found.find(({ kind }) => kind === 'token')?.user).toBe('alice');
    });

    test('follows ${user}, and shows what depends on the network of the client', async () => {
      const store = await filled();
      expect((await ask(store, 'carol/app', 'push')).map(short)).toEqual([
        'user alice private push null',
        'user boss private push null',
        'user carol private push null',
        'user dora private push null',
        'token laptop private push null',
      ]);
      const robot = (await ask(store, 'team/app')).filter(({ name }) => name === 'ci');
      // A robot that may push from elsewhere may do nothing from 10.0.0.0/8.
      expect(robot.map(short)).toEqual(['robot ci private push [[],["loopback"]]']);
      const dora = (await ask(store, 'team/app', 'delete')).filter(({ name }) => name === 'dora');
      expect(dora.map(short)).toEqual([
        'user dora private delete [["10.0.0.0/8","10.0.0.0/16"],["loopback"]]',
      ]);
      expect((await ask(store, 'team/app', 'push', '10.9.9.9')).map(short)).toEqual([]);
    });

    test('under a public domain, lists those who may do more than anyone', async () => {
      const found = await ask(await filled(), 'team/internal', 'pull');
      expect(found.filter(({ domain }) => domain === 'public')).toEqual([]);
      const store = await filled();
      const config = await configFor({
        publicDomains: ['pub.example.com'],
        publicRepositories: ['library/**'],
        policy: JSON.stringify(policy.slice(4)),
      });
      const question = { repository: 'team/internal', action: undefined, address: undefined };
      const accesses = await whoCan(question, store, config, now);
      expect(accesses.filter(({ domain }) => domain === 'public').map(short)).toEqual([
        'user bob public pull null',
      ]);
    });

    test('lists trust rules with the variables of their patterns', async () => {
      const trust = [
        { name: 'app', issuer: 'github', when: { repository_id: '5' }, only: ['team/app:pull,push'] },
        {
          ...{ name: 'cluster', issuer: 'https://id.example.com', when: { team: 'a' } },
          only: ['${kubernetes.io/namespace}/**:pull'],
        },
      ];
      const config = await configFor({
        trust: JSON.stringify(trust),
        policy: JSON.stringify([{ deny: ['push'], to: ['ci:app'], on: ['team/**'], from: ['10.0.0.0/8'] }]),
        'up.privateDomains': 'registry.example.com',
      });
      const question = { repository: 'team/app', action: undefined, address: undefined };
      const found = (await whoCan(question, await filled(), config, now)).filter(({ kind }) => kind === 'ci');
      expect(found.map(short)).toEqual([
        'ci ci:app private pull,push [[]]',
        'ci ci:app private pull [["10.0.0.0/8"]]',
        'ci ci:cluster private pull null',
      ]);
      expect(found.at(-1)?.by).toEqual(['trust rule cluster: pull on ${kubernetes.io/namespace}/**']);
      const one = await whoCan({ ...question, repository: 'app' }, await newStore(), config, now);
      expect(one).toEqual([]);
    });

    test('agrees with explain for every login, repository and address', async () => {
      const store = await filled();
      const config = await configFor({ policy: JSON.stringify(policy), publicDomains: ['pub.example.com'] });
      const { issuer, service, tokens } = config;
      const settings = { ...policySettings(config), tokens: { issuer, service, ...tokens } };
      for (const repository of ['team/app', 'team/internal', 'carol/x', 'other/x'])
        for (const address of ['192.0.2.7', '10.0.3.4', '10.200.3.4', '127.0.0.1'])
          for (const [kind, host] of [
            ['public', 'pub.example.com'],
            ['private', 'registry.example.com'],
          ] as const) {
            const listed = (await ask(store, repository, undefined, address)).filter(
              ({ domain }) => domain === kind,
            );
            for (const name of ['alice', 'bob', 'carol', 'dora', 'gone', 'boss', 'idle', 'ci', 'sleeper']) {
              const who = await findSubject(name, undefined, store, config, now);
              const question = {
                host: parseHost(host),
                address,
                who,
                scopes: [`repository:${repository}:*`],
              };
              const explained = (await explain(question, settings)).scopes[0]?.actions ?? [];
              const own = listed.find((access) => access.name === name && access.kind !== 'token');
              const anyone = listed.find((access) => access.kind === 'anonymous');
              const shown = own?.actions ?? (who.kind === 'loggedIn' ? (anyone?.actions ?? []) : []);
              expect(shown, `${name} on ${repository} at ${host} from ${address}`).toEqual(explained);
            }
          }
    });
  });

  describe(`${backend}: who made a change`, () => {
    test('is in the audit row and in the line that people read, and the hash chain covers it', async () => {
      const store = await newStore();
      const byAlice = withActor(store, { address: '', client: 'cli: root (sudo by alice) on build1' });
      await add(byAlice, 'bob');
      await importHtpasswd(byAlice, clock, { path: 'htpasswd', text: 'carol:{SHA}x' }, 'writer');
      await add(store, 'dora');
      const rows = await store.auditLog.list({});
      const client = 'cli: root (sudo by alice) on build1';
      expect(rows.map((row) => row.client)).toEqual([client, client, client, 'dockpass']);
      expect(formatEvent(rows[0] as AuditRow)).toMatch(
        /changed {2}user bob added as writer by root \(sudo by alice\) on build1$/,
      );
      expect(formatEvent(rows[3] as AuditRow)).toMatch(/changed {2}user dora added as writer$/);
      expect(await store.auditLog.verify()).toBeUndefined();
    });
  });

  describe(`${backend}: a part of the audit log`, () => {
    const fill = async (store: Store): Promise<void> => {
      const events = Array.from({ length: 10 }, (_, minute) =>
        formatEventText({
          ...createChangeEvent({ at: minute * 60_000, subject: 'alice', what: `event ${minute}` }),
          outcome: minute % 2 === 0 ? 'changed' : 'issued',
        }),
      );
      await store.auditLog.append(events);
      const denied = {
        ...createChangeEvent({ at: 330_000, subject: '', what: 'denied' }),
        outcome: 'refused',
      };
      await store.auditLog.append([formatEventText(denied as never)], false, 'unproven');
    };
    const reasons = (rows: readonly AuditRow[]): string[] => rows.map(({ reason }) => reason);

    test('can be limited by its end and by the outcome', async () => {
      const store = await newStore();
      await fill(store);
      const found = await store.auditLog.list({ since: 120_000, until: 360_000, outcome: 'changed' });
      expect(reasons(found)).toEqual(['event 2', 'event 4', 'event 6']);
      expect(reasons(await store.auditLog.list({ outcome: 'refused' }))).toEqual(['denied']);
    });

    test('can be read from its end, over both chains, without gaps', async () => {
      const store = await newStore();
      await fill(store);
      const all = reasons(await store.auditLog.list({}));
      expect(all).toHaveLength(11);
      for (const limit of [1, 2, 3, 20]) {
        const pages: string[][] = [];
        let before: AuditPlace | undefined;
        do {
          const { rows, next } = await store.auditLog.newest({ limit, ...(before && { before }) });
          pages.unshift(reasons(rows.toReversed()));
          before = next;
        } while (before !== undefined);
        expect(pages.flat(), `${limit} rows at once`).toEqual(all);
      }
    });
  });
}
