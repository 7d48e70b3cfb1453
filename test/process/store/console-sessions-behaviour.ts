import { describe, expect, test } from 'vitest';
import type { ConsoleSession, Store } from '../../../src/store/store.ts';

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
