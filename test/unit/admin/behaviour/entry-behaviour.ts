import { describe, expect, test } from 'vitest';
import {
  beginConsoleSession,
  endConsoleSession,
  maxConsoleSessions,
} from '../../../../src/admin/entry/console-sessions.ts';
import { createFirstAdministrator, createSetupCode } from '../../../../src/admin/entry/setup.ts';
import {
  listSessions,
  revokeAllSessions,
  revokeSession,
  revokeSessionsOf,
} from '../../../../src/admin/sessions.ts';
import { disableUser, setPassword } from '../../../../src/admin/users.ts';
import { Secret } from '../../../../src/secret.ts';
import type { Store } from '../../../../src/store/store.ts';
import {
  add,
  addSession,
  auditReasons,
  clock,
  nowInSeconds,
  password,
  type NewAdminDatabase,
} from './admin-database.ts';

const lifetime = { idle: 60, absolute: 600 };
const browser = { credential: '', host: 'a.example.com', browser: 'Mozilla/5.0', address: '192.0.2.1' };

const begin = (store: Store, user: string, at = clock) =>
  beginConsoleSession(store, at, { user, ...browser });
const secondsLater = (seconds: number) => () => (nowInSeconds + seconds) * 1000;

/** Tests the sessions of the console and the setup link, which must behave the same on every database. */
export function entryBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: sessions of the console`, () => {
    test('are listed with those of clients, and end like these', async () => {
      const store = await newStore();
      for (const name of ['alice', 'bob']) await add(store, name);
      await addSession(store, 'alice', 'aaaa');
      const { session } = await begin(store, 'alice', secondsLater(1));
      await begin(store, 'bob', secondsLater(2));
      const list = () => listSessions(store, secondsLater(3), lifetime);
      expect(await list()).toMatchObject([
        { user: 'alice', client: 'docker' },
        { user: 'alice', client: 'console', browser: 'Mozilla/5.0', host: 'a.example.com' },
        { user: 'bob', client: 'console' },
      ]);
      await expect(revokeSession(store, clock, session.id, 'bob')).rejects.toMatchObject({
        code: 'no_such_session',
      });
      await revokeSession(store, clock, session.id.toUpperCase());
      expect(await list()).toMatchObject([{ client: 'docker' }, { user: 'bob' }]);
      expect(await revokeSessionsOf(store, clock, 'bob')).toBe(1);
      await begin(store, 'bob');
      expect(await revokeAllSessions(store, clock)).toBe(2);
      expect(await list()).toEqual([]);
    });

    test('that have ended are not listed, and are removed when another one begins', async () => {
      const store = await newStore();
      await add(store, 'alice');
      await begin(store, 'alice');
      const list = (seconds: number) => listSessions(store, secondsLater(seconds), lifetime);
      expect(await list(12 * 60 * 60 - 1)).toHaveLength(1);
      expect(await list(12 * 60 * 60)).toEqual([]);
      await begin(store, 'alice', secondsLater(14 * 60 * 60));
      expect(await store.consoleSessions.list()).toHaveLength(1);
    });

    test.each([
      ['a new password', (store: Store) => setPassword(store, clock, 'alice', { password, minLength: 1 })],
      ['disabling', (store: Store) => disableUser(store, clock, 'alice')],
    ])('end with %s of this user alone', async (_what, operation) => {
      const store = await newStore();
      for (const name of ['alice', 'bob']) {
        await add(store, name);
        await begin(store, name);
      }
      await operation(store);
      expect((await store.consoleSessions.list()).map(({ user }) => user)).toEqual(['bob']);
    });

    test('end with the least recently used one if a user has too many', async () => {
      const store = await newStore();
      await add(store, 'alice');
      const { session: first } = await begin(store, 'alice');
      for (let count = 0; count < maxConsoleSessions; count++)
        await begin(store, 'alice', secondsLater(count + 1));
      const sessions = await store.consoleSessions.list('alice');
      expect(sessions).toHaveLength(maxConsoleSessions);
      expect(sessions.map(({ id }) => id)).not.toContain(first.id);
    });

    test('end once, and a second time without an error', async () => {
      const store = await newStore();
      await add(store, 'alice');
      const { session } = await begin(store, 'alice');
      await endConsoleSession(store, clock, session);
      await endConsoleSession(store, clock, session);
      expect(await store.consoleSessions.list()).toEqual([]);
      expect((await auditReasons(store)).slice(1, 3)).toEqual([
        `session ${session.id} of alice began in the console`,
        `session ${session.id} of alice ended: signed out of the console`,
      ]);
    });
  });

  describe(`${backend}: the setup code`, () => {
    const setUp = (store: Store, code: Secret | undefined, name: string) =>
      createFirstAdministrator(store, clock, {
        ...{ code: code ?? new Secret(''), name, password, minLength: 15, htpasswd: null },
      });

    test('creates one administrator, whichever of several servers gets the requests', async () => {
      const database = await newDatabase();
      const [one, other] = [await database.connect(), await database.connect()];
      const code = await createSetupCode(one, clock, null);
      const answers = await Promise.allSettled(
        ['root-1', 'root-2', 'root-3', 'root-4'].map((name, index) =>
          setUp(index % 2 === 0 ? one : other, code, name),
        ),
      );
      const created = answers.filter(({ status }) => status === 'fulfilled');
      const codes = answers.map((answer) =>
        answer.status === 'rejected' ? (answer.reason as { code: string }).code : 'created',
      );
      expect(created, codes.join()).toHaveLength(1);
      expect(codes.filter((code) => code === 'forbidden')).toHaveLength(3);
      expect(await one.users.list()).toMatchObject([{ role: 'admin', disabled: false }]);
      expect(await one.facts.read()).not.toContain('setup-code');
    });

    test('does nothing if the administrator cannot be stored, and works afterwards', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const code = await createSetupCode(store, clock, null);
      const allowAgain = await database.rejectRowsOf('audit_events');
      await expect(setUp(store, code, 'root-1')).rejects.toMatchObject({ code: 'database' });
      expect(await store.users.list()).toEqual([]);
      await allowAgain();
      expect(await setUp(store, code, 'root-1')).toBe('root-1');
    });
  });
}
