import { describe, expect, test } from 'vitest';
import { createLastUseRecorder } from '../../../../src/identity/token/last-use.ts';
import {
  createServiceSessions,
  type KnownSession,
  type SessionParts,
} from '../../../../src/identity/token/sessions.ts';
import type { UserSubject } from '../../../../src/policy/subject.ts';
import type { Realm } from '../../../../src/realm/realm.ts';
import type { RefreshToken } from '../../../../src/store/store.ts';

const alice: UserSubject = {
  kind: 'user',
  name: 'alice',
  admin: false,
  groups: [],
  rights: [],
  only: undefined,
  through: 'password',
};
const realm: Realm = {
  kind: 'private',
  host: { name: 'registry.example.com', port: undefined },
  because: 'not a public domain',
};
const settings = { enabled: true, idle: 100, absolute: 1000, service: 'registry' };
const caller = { name: 'docker', address: '192.0.2.1', client: 'docker' };

/**
 * Creates the dependencies of the sessions: a store that never deletes expired tokens, and a cache that is never
 * updated, so that it misses every later last use.
 */
function parts(
  change: Partial<SessionParts> = {},
): SessionParts & { now: { at: number }; failures: string[] } {
  const stored = new Map<string, RefreshToken>();
  const remembered = new Map<string, KnownSession | undefined>();
  const now = { at: 10_000 };
  const clock = () => now.at * 1000;
  const failures: string[] = [];
  const findByHash = async (hash: string) => stored.get(hash);
  return {
    now,
    failures,
    tokens: {
      findByHash,
      add: async (token) => void stored.set(token.hash, token),
      removeExpired: async () => 0,
    },
    find: async (hash) => {
      const token = await findByHash(hash);
      if (!remembered.has(hash)) remembered.set(hash, token && { token, holder: alice });
      return remembered.get(hash);
    },
    lastUses: createLastUseRecorder(
      async (uses) => {
        for (const [hash, lastUse] of uses) {
          const token = stored.get(hash);
          if (token !== undefined) stored.set(hash, { ...token, lastUse });
        }
      },
      clock,
      () => failures.push('last use'),
    ),
    remove: async (token) => void stored.delete(token.hash),
    limitSessions: async () => undefined,
    clock,
    onFailure: (message) => failures.push(message),
    ...change,
  };
}

describe('sessions', () => {
  test('a last use counts if only the store has it, not the cache', async () => {
    const all = parts();
    const { begin, resume } = createServiceSessions(settings, all);
    const token = await begin(alice, realm, caller);
    if (token === undefined) throw new Error('no refresh token was issued');
    await resume(token, realm, caller);
    all.now.at += 90;
    await resume(token, realm, caller);
    // `close` writes the last use. From here on, only the store has it.
    await all.lastUses.close();
    const restarted = createServiceSessions(settings, {
      ...all,
      lastUses: { ...all.lastUses, latestUseAt: () => undefined },
    });
    all.now.at += 90;
    expect((await restarted.resume(token, realm, caller)).through).toBe('refresh token');
    all.now.at += 101;
    await expect(restarted.resume(token, realm, caller)).rejects.toMatchObject({ code: 'invalid_grant' });
  });

  test('a login succeeds without a refresh token if the token cannot be stored', async () => {
    const all = parts({
      tokens: {
        findByHash: async () => undefined,
        add: () => Promise.reject(new Error('disk full')),
        removeExpired: () => Promise.reject(new Error('disk full')),
      },
    });
    expect(await createServiceSessions(settings, all).begin(alice, realm, caller)).toBeUndefined();
    expect(all.failures).toContain(
      'cannot store a refresh token; the login continues without a refresh token',
    );
  });

  test('a shorter absolute lifetime also applies to refresh tokens that were issued before', async () => {
    const all = parts();
    const token = await createServiceSessions(settings, all).begin(alice, realm, caller);
    if (token === undefined) throw new Error('no refresh token was issued');
    all.now.at += 50;
    const stricter = createServiceSessions({ ...settings, absolute: 40 }, all);
    await expect(stricter.resume(token, realm, caller)).rejects.toMatchObject({ code: 'invalid_grant' });
    expect((await createServiceSessions(settings, all).resume(token, realm, caller)).name).toBe('alice');
  });

  test.each(['access token', 'refresh token', 'htpasswd file'] as const)(
    'no refresh token is issued after a login by %s',
    async (through) => {
      expect(
        await createServiceSessions(settings, parts()).begin({ ...alice, through }, realm, caller),
      ).toBeUndefined();
    },
  );

  test('a refresh token is issued after a login by password', async () => {
    expect(
      await createServiceSessions(settings, parts()).begin({ ...alice, through: 'password' }, realm, caller),
    ).toBeDefined();
  });
});
