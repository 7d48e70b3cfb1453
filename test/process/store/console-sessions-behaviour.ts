import { describe, expect, test } from 'vitest';
import type { ConsoleSession, SessionKey, Store } from '../../../src/store/store.ts';

function session(id: string, change: Partial<ConsoleSession> = {}): ConsoleSession {
  return {
    hash: `hash of ${id}`,
    id,
    user: 'alice',
    credential: '',
    host: 'reg.example.com:5000',
    browser: 'Mozilla/5.0',
    createdAt: 1_700_000_000,
    lastUse: { at: 1_700_000_003, from: '2001:db8::1' },
    ...change,
  };
}

/** Tests the sessions of the web console, which must behave the same in every backend. */
export function consoleSessionsBehaviour(backend: string, newStore: () => Promise<Store>): void {
  describe(`${backend}: sessions of the console`, () => {
    test('a session is found by its hash, with all fields', async () => {
      const { consoleSessions } = await newStore();
      const ofFile = session('two', { user: 'from-file', credential: 'digest' });
      await consoleSessions.add(session('one'));
      await consoleSessions.add(ofFile);
      expect(await consoleSessions.find('hash of one')).toEqual(session('one'));
      expect(await consoleSessions.find('hash of two')).toEqual(ofFile);
      expect(await consoleSessions.find('hash of three')).toBeUndefined();
    });

    test('sessions of one user or of all users are listed and removed, also with the user', async () => {
      const { consoleSessions, users } = await newStore();
      await users.add({
        ...{ name: 'bob', role: 'writer', passwordHash: null, disabled: false },
        ...{ createdAt: 1, changedAt: 1 },
      });
      await consoleSessions.add(session('late', { createdAt: 9 }));
      await consoleSessions.add(session('early', { createdAt: 3 }));
      await consoleSessions.add(session('his', { user: 'bob' }));
      const ids = async (user?: string) => (await consoleSessions.list(user)).map(({ id }) => id);
      expect([await ids(), await ids('bob')]).toEqual([['early', 'late', 'his'], ['his']]);
      expect(await consoleSessions.remove('hash of late')).toBe(true);
      expect(await consoleSessions.remove('hash of late')).toBe(false);
      expect([
        await consoleSessions.removeAllOf('alice'),
        await consoleSessions.removeAllOf('alice'),
      ]).toEqual([1, 0]);
      await users.remove('bob');
      expect(await ids()).toEqual([]);
    });

    test('sessions are removed if they are old or were not used for long', async () => {
      const { consoleSessions } = await newStore();
      const usedAt = (at: number) => ({ lastUse: { at, from: '' } });
      await consoleSessions.add(session('old', { createdAt: 99, ...usedAt(300) }));
      await consoleSessions.add(session('idle', { createdAt: 100, ...usedAt(199) }));
      await consoleSessions.add(session('good', { createdAt: 100, ...usedAt(200) }));
      expect(await consoleSessions.removeExpired({ createdAt: 100, lastUsedAt: 200 })).toBe(2);
      expect((await consoleSessions.list()).map(({ id }) => id)).toEqual(['good']);
    });

    test('the last use is stored, and no write counts as a change', async () => {
      const { consoleSessions, changes } = await newStore();
      const before = changes();
      const lastUse = { at: 4_000_000_000, from: '192.0.2.1' };
      await consoleSessions.add(session('one'));
      await consoleSessions.used(new Map([['hash of one', lastUse]]));
      expect(await consoleSessions.find('hash of one')).toMatchObject({ lastUse });
      await consoleSessions.remove('hash of one');
      expect(changes()).toBe(before);
    });
  });

  describe(`${backend}: sessions of clients and of the console together`, () => {
    const names = ['alice', 'bob', 'carol'];
    const fill = async (): Promise<Store> => {
      const store = await newStore();
      for (const user of names) {
        const times = { createdAt: 1, changedAt: 1 };
        await store.users.add({ name: user, role: 'writer', passwordHash: null, disabled: false, ...times });
        for (let number = 0; number < 5; number++) {
          const shown = { user, host: 'a.example.com', createdAt: 100 + number };
          const lastUse = { at: 200, from: '' };
          await store.consoleSessions.add(session(`${user}-b${number}`, { ...shown, lastUse }));
          await store.refreshTokens.add({
            ...{ hash: `${user} ${number}`, id: `${user}-a${number}`, service: 'registry', client: 'docker' },
            ...{ ...shown, lastUse, expiresAt: 1000 },
          });
        }
      }
      return store;
    };
    const all = {
      refreshToken: { createdAt: 0, lastUsedAt: 0, expiresAt: 0 },
      console: { createdAt: 0, lastUsedAt: 0 },
      federated: { expiresAt: 0 },
    };

    test('are read in pages, each session once, sorted by user and creation', async () => {
      const { sessions } = await fill();
      const ids: string[] = [];
      for (let after: SessionKey | undefined; ;) {
        const page = await sessions.page({ limit: 4, after }, all);
        ids.push(...page.map(({ id }) => id));
        after = page.at(-1);
        if (after === undefined) break;
      }
      const ofEach = names.map((user) => [0, 1, 2, 3, 4].map((at) => [`${user}-a${at}`, `${user}-b${at}`]));
      expect(ids).toEqual(ofEach.flat(2));
      const ofBob = await sessions.page({ limit: 2, contains: 'B3' }, all, 'bob');
      expect(ofBob).toMatchObject([
        { kind: 'console', id: 'bob-b3', client: 'Mozilla/5.0', expiresAt: null },
      ]);
      expect(await sessions.find('carol-a4')).toMatchObject({ kind: 'refresh token', client: 'docker' });
      expect(await sessions.find('carol-c4')).toBeUndefined();
    });

    test('are left out if they have ended', async () => {
      const { sessions } = await fill();
      const ids = async (change: object) => {
        const since = { ...all, ...change };
        return (await sessions.page({ limit: 99 }, since, 'bob')).map(({ id }) => id);
      };
      expect(await ids({ console: { createdAt: 103, lastUsedAt: 199 } })).toHaveLength(6);
      expect(await ids({ console: { createdAt: 0, lastUsedAt: 200 } })).toHaveLength(5);
      expect(await ids({ refreshToken: { createdAt: 0, lastUsedAt: 0, expiresAt: 1000 } })).toHaveLength(5);
      expect(await ids({ refreshToken: { createdAt: 103, lastUsedAt: 199, expiresAt: 999 } })).toHaveLength(
        6,
      );
    });
  });

  test(`${backend}: access tokens are found by user and name, and read in pages`, async () => {
    const { users, accessTokens } = await newStore();
    for (const user of ['alice', 'bob']) {
      const times = { createdAt: 1, changedAt: 1 };
      await users.add({ name: user, role: 'writer', passwordHash: null, disabled: false, ...times });
      for (const name of ['a', 'b', 'c_1'])
        await accessTokens.add({
          ...{
            hash: `${user} ${name}`,
            user,
            name,
            only: null,
            createdAt: 1,
            expiresAt: null,
            lastUse: null,
          },
        });
    }
    const names: string[] = [];
    for (let after: { user: string; name: string } | undefined; ;) {
      const page = await accessTokens.page({ limit: 2, after });
      names.push(...page.map(({ user, name }) => `${user} ${name}`));
      after = page.at(-1);
      if (after === undefined) break;
    }
    expect(names).toEqual(['alice a', 'alice b', 'alice c_1', 'bob a', 'bob b', 'bob c_1']);
    expect((await accessTokens.page({ limit: 9, contains: '_' }, 'bob')).map(({ name }) => name)).toEqual([
      'c_1',
    ]);
    expect(await accessTokens.find('bob', 'c_1')).toMatchObject({ hash: 'bob c_1' });
    expect(await accessTokens.find('bob', 'c')).toBeUndefined();
  });

  test(`${backend}: an administrator counts only if enabled`, async () => {
    const { users } = await newStore();
    const add = (name: string, role: 'admin' | 'writer') =>
      users.add({ name, role, passwordHash: null, disabled: false, createdAt: 1, changedAt: 1 });
    await add('writer', 'writer');
    expect(await users.hasEnabledAdmin()).toBe(false);
    await add('root-1', 'admin');
    expect(await users.hasEnabledAdmin()).toBe(true);
    await users.update('root-1', { disabled: true, changedAt: 1 });
    expect(await users.hasEnabledAdmin()).toBe(false);
  });
}
