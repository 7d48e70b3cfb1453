import { describe, expect, test } from 'vitest';
import type { RefreshToken, Store, User } from '../../../src/store/store.ts';

function user(name: string): User {
  return {
    name,
    role: 'writer',
    rightsFrom: 'role',
    passwordHash: 'hash',
    disabled: false,
    createdAt: 1,
    changedAt: 2,
  };
}

function session(id: string, change: Partial<RefreshToken> = {}): RefreshToken {
  return {
    hash: `hash of ${id}`,
    id,
    user: 'alice',
    service: 'registry',
    host: 'reg.example.com:5000',
    client: 'docker',
    createdAt: 1_700_000_000,
    expiresAt: 4_000_000_000,
    lastUse: { at: 1_700_000_003, from: '2001:db8::1' },
    ...change,
  };
}

/** Tests refresh tokens, which must behave the same in every backend. */
export function sessionsBehaviour(backend: string, newStore: () => Promise<Store>): void {
  const withUsers = async (): Promise<Store> => {
    const store = await newStore();
    for (const name of ['alice', 'bob']) await store.users.add(user(name));
    return store;
  };

  describe(`${backend}: refresh tokens`, () => {
    test('a refresh token is found by its hash, with all fields', async () => {
      const { refreshTokens } = await withUsers();
      await refreshTokens.add(session('one'));
      expect(await refreshTokens.findByHash('hash of one')).toEqual(session('one'));
      expect(await refreshTokens.findByHash('hash of two')).toBeUndefined();
    });

    test('a refresh token is found with its user and everything that the user has', async () => {
      const { refreshTokens, users, groups, grants } = await withUsers();
      await groups.add('web', 1);
      await groups.join('web', 'alice');
      const held = (subject: string) =>
        ({ subject, pattern: 'a/**', actions: ['pull', 'push'], createdAt: 5 }) as const;
      for (const subject of ['alice', 'group:web', 'bob']) await grants.put(held(subject));
      await refreshTokens.add(session('one'));
      await refreshTokens.add(session('two', { user: 'bob', createdAt: 7 }));
      await users.update('bob', { disabled: true, changedAt: 3 });
      expect(await refreshTokens.findWithHolder('hash of one')).toEqual({
        token: session('one'),
        holder: {
          user: { ...user('alice'), rightsFrom: 'grants' },
          groups: ['web'],
          grants: [held('alice'), held('group:web')],
        },
      });
      expect(await refreshTokens.findWithHolder('hash of two')).toEqual({
        token: session('two', { user: 'bob', createdAt: 7 }),
        holder: {
          user: { ...user('bob'), rightsFrom: 'grants', disabled: true, changedAt: 3 },
          groups: [],
          grants: [held('bob')],
        },
      });
      expect(await refreshTokens.findWithHolder('hash of three')).toBeUndefined();
    });

    test('tokens of one user or of all users are listed', async () => {
      const { refreshTokens } = await withUsers();
      await refreshTokens.add(session('late', { createdAt: 9 }));
      await refreshTokens.add(session('early', { createdAt: 3 }));
      await refreshTokens.add(session('his', { user: 'bob' }));
      expect((await refreshTokens.list()).map(({ id }) => id)).toEqual(['early', 'late', 'his']);
      expect((await refreshTokens.list('bob')).map(({ id }) => id)).toEqual(['his']);
    });

    test('tokens are removed one by one, all of a user, and with the user', async () => {
      const { refreshTokens, users } = await withUsers();
      for (const id of ['one', 'two', 'three']) await refreshTokens.add(session(id));
      await refreshTokens.add(session('his', { user: 'bob' }));
      expect(await refreshTokens.remove('hash of one')).toBe(true);
      expect(await refreshTokens.remove('hash of one')).toBe(false);
      expect([await refreshTokens.removeAllOf('alice'), await refreshTokens.removeAllOf('alice')]).toEqual([
        2, 0,
      ]);
      await users.remove('bob');
      expect(await refreshTokens.list()).toEqual([]);
    });

    test('tokens of a user are counted, and the least recently used ones are found', async () => {
      const { refreshTokens } = await withUsers();
      const usedAt = (at: number) => ({ lastUse: { at, from: '' } });
      await refreshTokens.add(session('second', usedAt(20)));
      await refreshTokens.add(session('third', { createdAt: 9, ...usedAt(30) }));
      await refreshTokens.add(session('first', usedAt(10)));
      await refreshTokens.add(session('fourth', { createdAt: 10, ...usedAt(30) }));
      await refreshTokens.add(session('his', { user: 'bob', ...usedAt(1) }));
      expect(await refreshTokens.countOf('alice')).toBe(4);
      expect(await refreshTokens.countOf('nobody')).toBe(0);
      const ids = async (count: number) =>
        (await refreshTokens.leastRecentlyUsedOf('alice', count)).map(({ id }) => id);
      expect(await ids(3)).toEqual(['first', 'second', 'third']);
      expect(await ids(9)).toEqual(['first', 'second', 'third', 'fourth']);
    });

    test('tokens are removed if they have expired or were not used for long', async () => {
      const { refreshTokens } = await withUsers();
      const usedAt = (at: number) => ({ lastUse: { at, from: '' } });
      await refreshTokens.add(session('ended', { expiresAt: 99, ...usedAt(80) }));
      await refreshTokens.add(session('idle', { expiresAt: 200, ...usedAt(49) }));
      await refreshTokens.add(session('good', { expiresAt: 100, ...usedAt(50) }));
      expect(await refreshTokens.removeExpired({ expiredAt: 100, lastUsedAt: 50 })).toBe(2);
      expect((await refreshTokens.list()).map(({ id }) => id)).toEqual(['good']);
    });

    test('a new token or a last use does not count as a change; a removal does', async () => {
      const { refreshTokens, changes } = await withUsers();
      const before = changes();
      await refreshTokens.add(session('one'));
      await refreshTokens.used(new Map([['hash of one', { at: 4_000_000_000, from: '192.0.2.1' }]]));
      expect(changes()).toBe(before);
      expect((await refreshTokens.findByHash('hash of one'))?.lastUse).toEqual({
        at: 4_000_000_000,
        from: '192.0.2.1',
      });
      await refreshTokens.remove('hash of one');
      expect(changes()).not.toBe(before);
    });
  });
}
