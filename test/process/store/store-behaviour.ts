import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { formatEventText, type EventText } from '../../../src/audit/event-text.ts';
import {
  auditBegin,
  positionAfter,
  type Store,
  type StoredGrant,
  type User,
} from '../../../src/store/store.ts';
import { consoleSessionsBehaviour } from './console-sessions-behaviour.ts';
import { federatedSessionsBehaviour } from './trust/federated-sessions-behaviour.ts';
import { issuerKeysBehaviour } from './issuer-keys-behaviour.ts';
import { secretsBehaviour } from './secrets-behaviour.ts';
import { sessionsBehaviour } from './sessions-behaviour.ts';
import { tagClaimsBehaviour } from './tags/tag-claims-behaviour.ts';
import { trustRulesBehaviour } from './trust/trust-rules-behaviour.ts';

/** A database that a test may fill, over any number of connections. */
export interface TestDatabase {
  connect(): Promise<Store>;
}

const written = (...events: AuditEvent[]): EventText[] => events.map(formatEventText);

function user(name: string, change: Partial<User> = {}): User {
  return {
    name,
    role: 'writer',
    rightsFrom: 'role',
    passwordHash: `hash of ${name}`,
    disabled: false,
    createdAt: 1_700_000_000,
    changedAt: 1_700_000_001,
    ...change,
  };
}

export function event(at: number, change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: `event-${at}`,
    at,
    outcome: 'issued',
    subject: 'alice',
    address: '192.0.2.1',
    client: 'docker/28',
    host: 'registry.example.com',
    realm: 'private',
    asked: 'repository:a:pull',
    granted: 'repository:a:pull',
    reason: 'held',
    tokenId: 'jti',
    times: 3,
    ...change,
  };
}

/** Tests that must pass with every backend. Each test gets a new, empty database. */
export function storeBehaviour(backend: string, newDatabase: () => Promise<TestDatabase>): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: users`, () => {
    test('a user is found with all fields', async () => {
      const { users } = await newStore();
      const alice = user('alice', { role: 'admin', createdAt: 1, changedAt: 4_000_000_000 });
      expect(await users.add(alice)).toBe(true);
      expect(await users.find('alice')).toMatchObject(alice);
      expect(await users.find('bob')).toBeUndefined();
    });

    test('an account has the user, the groups, and all grants to the user and to the groups, each once', async () => {
      const { users, groups, grants } = await newStore();
      for (const name of ['alice', 'bob', 'carol']) await users.add(user(name));
      for (const group of ['web', 'ops', 'idle']) await groups.add(group, 1);
      for (const group of ['web', 'ops']) await groups.join(group, 'alice');
      await groups.join('idle', 'bob');
      const grant = (subject: string, pattern: string): StoredGrant => ({
        subject,
        pattern,
        actions: ['pull', 'push'],
        createdAt: 4_000_000_000,
      });
      const held = [
        grant('alice', 'home/**'),
        grant('alice', 'shared'),
        grant('group:ops', 'ops/**'),
        grant('group:web', 'shared'),
      ];
      for (const given of [...held, grant('carol', 'other'), grant('group:idle', 'idle/**')])
        await grants.put(given);
      expect(await users.account('alice')).toEqual({
        user: user('alice', { rightsFrom: 'grants' }),
        groups: ['ops', 'web'],
        grants: held,
      });
      expect(await users.account('bob')).toMatchObject({
        groups: ['idle'],
        grants: [{ pattern: 'idle/**' }],
      });
      expect(await users.account('carol')).toMatchObject({ groups: [], grants: [{ pattern: 'other' }] });
      await users.add(user('dora'));
      expect(await users.account('dora')).toEqual({ user: user('dora'), groups: [], grants: [] });
      for (const nobody of ['erin', 'al\0ice']) expect(await users.account(nobody)).toBeUndefined();
    });

    test('a user may have no password', async () => {
      const { users } = await newStore();
      await users.add(user('keyless', { passwordHash: null }));
      expect(await users.find('keyless')).toMatchObject({ passwordHash: null });
    });

    test('a name exists only once, and the first user does not change', async () => {
      const { users } = await newStore();
      await users.add(user('alice'));
      expect(await users.add(user('alice', { role: 'admin', passwordHash: 'another' }))).toBe(false);
      expect(await users.find('alice')).toMatchObject(user('alice'));
    });

    test('if many add the same name at once, exactly one succeeds', async () => {
      const database = await newDatabase();
      const stores = await Promise.all([1, 2, 3, 4].map(() => database.connect()));
      const added = await Promise.all(stores.map(({ users }) => users.add(user('alice'))));
      expect(added.filter(Boolean)).toHaveLength(1);
    });

    test('users are listed by name', async () => {
      const { users } = await newStore();
      for (const name of ['bob', 'a.b', 'alice', 'a-b', '0', 'a_b']) await users.add(user(name));
      expect((await users.list()).map(({ name }) => name)).toEqual([
        '0',
        'a-b',
        'a.b',
        'a_b',
        'alice',
        'bob',
      ]);
    });

    test('an update changes only the given fields', async () => {
      const { users } = await newStore();
      await users.add(user('alice'));
      await users.add(user('bob'));
      expect(await users.update('alice', { disabled: true, changedAt: 5 })).toBe(true);
      expect(await users.find('alice')).toMatchObject(user('alice', { disabled: true, changedAt: 5 }));
      expect(await users.update('alice', { passwordHash: 'new', changedAt: 6 })).toBe(true);
      expect(await users.update('alice', { role: 'reader', disabled: false, changedAt: 7 })).toBe(true);
      expect(await users.find('alice')).toMatchObject(
        user('alice', { role: 'reader', passwordHash: 'new', changedAt: 7 }),
      );
      expect(await users.find('bob')).toMatchObject(user('bob'));
    });

    test('a user who does not exist cannot be changed or removed', async () => {
      const { users } = await newStore();
      expect(await users.update('nobody', { disabled: true, changedAt: 1 })).toBe(false);
      expect(await users.remove('nobody')).toBe(false);
    });

    test('a removed user is gone, and the name is free', async () => {
      const { users } = await newStore();
      await users.add(user('alice'));
      expect(await users.remove('alice')).toBe(true);
      expect(await users.find('alice')).toBeUndefined();
      expect(await users.add(user('alice', { role: 'reader' }))).toBe(true);
    });

    test('names are data, never SQL or patterns', async () => {
      const { users } = await newStore();
      await users.add(user('alice'));
      for (const name of ["' or 1=1 --", '%', '_____', 'ALICE', 'alice ', 'alice\0', '']) {
        expect(await users.find(name)).toBeUndefined();
        expect(await users.remove(name)).toBe(false);
      }
      expect(await users.list()).toHaveLength(1);
    });

    test('another connection sees at once what was written', async () => {
      const database = await newDatabase();
      const [here, there] = [await database.connect(), await database.connect()];
      await here.users.add(user('alice'));
      expect(await there.users.find('alice')).toMatchObject({ name: 'alice' });
      await there.users.update('alice', { disabled: true, changedAt: 2 });
      expect(await here.users.find('alice')).toMatchObject({ disabled: true });
    });
  });

  describe(`${backend}: users of the htpasswd file`, () => {
    test('are blocked while they are disabled or a robot has their name', async () => {
      const { htpasswdUsers, robots } = await newStore();
      expect(await htpasswdUsers.isBlocked('alice')).toBe(false);
      expect(await htpasswdUsers.disable('alice', 4_000_000_000)).toBe(true);
      expect(await htpasswdUsers.disable('alice', 5)).toBe(false);
      expect(await htpasswdUsers.listDisabled()).toEqual([{ name: 'alice', disabledAt: 4_000_000_000 }]);
      expect(await htpasswdUsers.isBlocked('alice')).toBe(true);
      expect(await htpasswdUsers.enable('alice')).toBe(true);
      expect(await htpasswdUsers.enable('alice')).toBe(false);
      expect(await htpasswdUsers.isBlocked('alice')).toBe(false);
      const robot = { name: 'ci', only: [], disabled: true, createdAt: 1, expiresAt: null, lastUse: null };
      await robots.add(robot, { hash: 'c'.repeat(64), robot: 'ci', createdAt: 1, expiresAt: null });
      expect(await htpasswdUsers.isBlocked('ci')).toBe(true);
      for (const name of ["' or 1=1 --", '%', 'CI', 'ci\0']) {
        expect(await htpasswdUsers.isBlocked(name)).toBe(false);
        expect(await htpasswdUsers.enable(name)).toBe(false);
      }
    });
  });

  describe(`${backend}: changes()`, () => {
    test('grows with every write of this process and of others', async () => {
      const database = await newDatabase();
      const [here, there] = [await database.connect(), await database.connect()];
      const writes: (() => Promise<unknown>)[] = [
        () => here.users.add(user('alice')),
        () => there.users.add(user('bob')),
        () => here.users.update('bob', { disabled: true, changedAt: 2 }),
        () => there.users.update('bob', { disabled: false, changedAt: 3 }),
        () => there.users.remove('alice'),
        () => here.users.remove('bob'),
        () => there.htpasswdUsers.disable('carol', 1),
        () => here.htpasswdUsers.enable('carol'),
      ];
      let seen = [here.changes(), there.changes()];
      for (const write of writes) {
        await write();
        // A change of another process may be counted a moment after it is on disk, but a change of this process is
        // counted at once.
        await expect.poll(() => here.changes()).toBeGreaterThan(seen[0] ?? 0);
        await expect.poll(() => there.changes()).toBeGreaterThan(seen[1] ?? 0);
        seen = [here.changes(), there.changes()];
      }
    });

    test('does not grow without a write, or if only the audit log is written', async () => {
      const store = await newStore();
      await store.users.add(user('alice'));
      const before = store.changes();
      await store.users.find('alice');
      await store.users.list();
      await store.auditLog.append(written(event(1)));
      expect(store.changes()).toBe(before);
    });
  });

  describe(`${backend}: changes with their audit row`, () => {
    const about = { at: 1000, subject: 'alice', what: 'user alice added' };

    test('are written together', async () => {
      const store = await newStore();
      const before = store.changes();
      expect(await store.change(about, ({ users }) => users.add(user('alice')))).toBe(true);
      expect(store.changes()).toBeGreaterThan(before);
      expect(await store.users.find('alice')).toBeDefined();
      expect(await store.auditLog.list({})).toMatchObject([
        { outcome: 'changed', subject: 'alice', reason: about.what },
      ]);
    });

    test('are both missing if one of them fails', async () => {
      const store = await newStore();
      const failing = store.change(about, async ({ users }) => {
        await users.add(user('alice'));
        throw new Error('the change fails');
      });
      await expect(failing).rejects.toThrow('the change fails');
      expect(await store.users.find('alice')).toBeUndefined();
      expect(await store.auditLog.list({})).toEqual([]);
      // The failed change does not break the connection.
      expect(await store.users.add(user('alice'))).toBe(true);
    });
  });

  describe(`${backend}: audit log`, () => {
    test('events are read with all fields, oldest first', async () => {
      const { auditLog } = await newStore();
      const anonymous = event(1_700_000_000_123, {
        subject: '',
        realm: 'public',
        outcome: 'refused',
        times: 1,
      });
      await auditLog.append(written(anonymous, event(1_700_000_000_456)));
      await auditLog.append(written(event(1_700_000_000_789)));
      expect(await auditLog.list({})).toMatchObject([
        anonymous,
        event(1_700_000_000_456),
        event(1_700_000_000_789),
      ]);
      expect(await auditLog.list({ since: 1_700_000_000_456 })).toHaveLength(2);
      expect(await auditLog.list({ since: 1_700_000_000_790 })).toEqual([]);
    });

    test('a large batch is written completely', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(written(...Array.from({ length: 5001 }, (_, at) => event(at))));
      expect(await auditLog.list({})).toHaveLength(5001);
    });

    test('a batch is written completely or not at all', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(written(event(1)));
      // The last event cannot be written, because it has no host.
      const nameless = event(9, { host: null as unknown as string });
      const group = [...Array.from({ length: 1200 }, (_, at) => event(at + 10)), nameless];
      await expect(auditLog.append(written(...group))).rejects.toThrow();
      expect(await auditLog.list({})).toHaveLength(1);
      await auditLog.append(written(event(2)));
      expect(await auditLog.verify()).toBeUndefined();
    });

    test('text of a client is stored as far as the database can store it, and never stops the log', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(
        written(event(1, { asked: 'a\0b', client: 'half a pair \ud800', subject: 'c\0' })),
      );
      await auditLog.append(written(event(2)));
      expect(await auditLog.list({})).toMatchObject([{ asked: 'a\ufffdb', subject: 'c\ufffd' }, { at: 2 }]);
      expect(await auditLog.verify()).toBeUndefined();
    });

    test('a batch that is retried is written once, also if the first attempt succeeded without an answer', async () => {
      const { auditLog } = await newStore();
      const group = [event(1), event(2, { id: 'event-1' }), event(3)];
      await auditLog.append(written(...group), true);
      await auditLog.append(written(...group), true);
      // A denial can have the same id as an earlier denial.
      await auditLog.append(written(event(4, { id: 'event-1' })), true);
      expect((await auditLog.list({})).map(({ at }) => at)).toEqual([1, 2, 3, 4]);
      expect(await auditLog.verify()).toBeUndefined();
    });

    test('an empty batch is accepted', async () => {
      const { auditLog } = await newStore();
      await auditLog.append([]);
      expect(await auditLog.list({})).toEqual([]);
    });

    test('two processes that write at once produce one unbroken chain', async () => {
      const database = await newDatabase();
      const stores = await Promise.all([database.connect(), database.connect()]);
      const groups = stores.flatMap(({ auditLog }, of) =>
        Array.from(
          { length: 20 },
          (_, at) => () => auditLog.append(written(event(at, { id: `${of}-${at}` }))),
        ),
      );
      await Promise.all(groups.map((append) => append()));
      expect(await stores[0]?.auditLog.list({})).toHaveLength(40);
      expect(await stores[0]?.auditLog.verify()).toBeUndefined();
    });

    test('events are read page by page', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(written(...Array.from({ length: 5 }, (_, at) => event(at))));
      const first = await auditLog.list({ limit: 3 });
      const rest = await auditLog.list({ limit: 3, after: positionAfter(first, auditBegin) });
      expect([first, rest].map((rows) => rows.map(({ at }) => at))).toEqual([
        [0, 1, 2],
        [3, 4],
      ]);
    });

    test('the oldest events are deleted by age and number, and the chain continues', async () => {
      const { auditLog } = await newStore();
      const pruneAll = async (before: number, maxEvents: number): Promise<void> => {
        while ((await auditLog.prune({ before, maxEvents })) > 0);
      };
      const remaining = async (): Promise<number[]> => (await auditLog.list({})).map(({ at }) => at);
      // The clock was set back between the third and the fourth event.
      for (const at of [100, 200, 300, 150, 400, 500]) await auditLog.append(written(event(at)));
      await pruneAll(250, 100);
      expect(await remaining()).toEqual([300, 150, 400, 500]);
      await pruneAll(0, 2);
      expect(await remaining()).toEqual([400, 500]);
      const head = await auditLog.head();
      await pruneAll(1000, 0);
      expect(await remaining()).toEqual([500]);
      expect(await auditLog.head()).toEqual(head);
      await auditLog.append(written(event(600)));
      expect(await auditLog.verify()).toBeUndefined();
      expect((await auditLog.head())?.seq).toBe(7);
    });

    test('the oldest events are deleted if the log is larger than its maximum size', async () => {
      const { auditLog } = await newStore();
      const large = (at: number) => event(at, { asked: 'a'.repeat(2000) });
      for (let at = 0; at < 20; at++) await auditLog.append(written(large(at)));
      const pruneAll = async (maxBytes: number): Promise<void> => {
        while ((await auditLog.prune({ before: 0, maxEvents: 1000, maxBytes })) > 0);
      };
      await pruneAll(100_000);
      expect(await auditLog.list({})).toHaveLength(20);
      await pruneAll(25_000);
      const left = (await auditLog.list({})).map(({ at }) => at);
      expect(left.length).toBeGreaterThanOrEqual(8);
      expect(left.length).toBeLessThanOrEqual(12);
      expect(left.at(-1)).toBe(19);
      await pruneAll(0);
      expect(await auditLog.list({})).toMatchObject([{ at: 19 }]);
      expect(await auditLog.verify()).toBeUndefined();
    });

    test('events of both chains are listed in the order of their times, page by page', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(written(event(1), event(3), event(6)));
      await auditLog.append(written(event(2), event(4), event(5), event(7)), false, 'unproven');
      const all = await auditLog.list({});
      expect(all.map(({ at }) => at)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      const found: number[] = [];
      let after = auditBegin;
      for (;;) {
        const rows = await auditLog.list({ after, limit: 2 });
        if (rows.length === 0) break;
        found.push(...rows.map(({ at }) => at));
        after = positionAfter(rows, after);
      }
      expect(found).toEqual([1, 2, 3, 4, 5, 6, 7]);
    });

    test('unproven events have their own chain, and pruning them deletes no other event', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(written(event(1)));
      // 250 events are written by the audit thread if the database is SQLite.
      const flood = (first: number) => written(...Array.from({ length: 250 }, (_, at) => event(first + at)));
      await auditLog.append(flood(10), false, 'unproven');
      await auditLog.append(flood(1000), true, 'unproven');
      await auditLog.append(flood(1000), true, 'unproven');
      await auditLog.append(written(event(5000)), false, 'unproven');
      expect((await auditLog.list({})).length).toBe(502);
      let pruned = 0;
      const prune = () => auditLog.prune({ before: 0, maxEvents: 1 }, 'unproven');
      for (let some = await prune(); some > 0; some = await prune()) pruned += some;
      expect(pruned).toBe(500);
      expect((await auditLog.list({})).map(({ at }) => at)).toEqual([1, 5000]);
      expect(await auditLog.verify()).toBeUndefined();
      expect(await auditLog.verify('unproven')).toBeUndefined();
      expect(await auditLog.head()).toMatchObject({ seq: 1 });
      expect(await auditLog.head('unproven')).toMatchObject({ seq: 501 });
    });

    test('a long log is verified and pruned completely', async () => {
      const { auditLog } = await newStore();
      await auditLog.append(written(...Array.from({ length: 1201 }, (_, at) => event(at))));
      expect(await auditLog.verify()).toBeUndefined();
      let pruned = 0;
      const prune = () => auditLog.prune({ before: 1200, maxEvents: 5000 });
      for (let some = await prune(); some > 0; some = await prune()) pruned += some;
      expect(pruned).toBe(1200);
    });
  });

  trustRulesBehaviour(backend, newStore);
  secretsBehaviour(backend, newStore);
  sessionsBehaviour(backend, newStore);
  consoleSessionsBehaviour(backend, newStore);
  federatedSessionsBehaviour(backend, newStore);
  issuerKeysBehaviour(backend, newStore);
  tagClaimsBehaviour(backend, async () => {
    const database = await newDatabase();
    return [await database.connect(), await database.connect()];
  });
}
