import { describe, expect, test } from 'vitest';
import type { FederatedSession, Store } from '../../../../src/store/store.ts';

function session(id: string, change: Partial<FederatedSession> = {}): FederatedSession {
  return {
    hash: `hash of ${id}`,
    id,
    rule: 'acme-app',
    claims: { repository_id: '42', 'kubernetes.io': { namespace: 'web' }, odd: '\ud800\0"ß', yes: true },
    sources: ['https://ci.example.com', 'https://ci.example.com keys.json'],
    service: 'registry',
    host: 'reg.example.com:5000',
    client: 'docker',
    createdAt: 1_700_000_000,
    expiresAt: 4_000_000_000,
    lastUse: { at: 1_700_000_003, from: '2001:db8::1' },
    ...change,
  };
}

/** Tests the sessions of federated identities, and the last uses of trust rules, which must be the same everywhere. */
export function federatedSessionsBehaviour(backend: string, newStore: () => Promise<Store>): void {
  describe(`${backend}: sessions of federated identities`, () => {
    test('a session is found by its hash, with all fields', async () => {
      const { federatedSessions } = await newStore();
      await federatedSessions.add(session('one'));
      expect(await federatedSessions.find('hash of one')).toEqual(session('one'));
      expect(await federatedSessions.find('hash of two')).toBeUndefined();
    });

    test('sessions are counted and removed, the oldest of a rule first', async () => {
      const { federatedSessions: sessions } = await newStore();
      await sessions.add(session('late', { createdAt: 9 }));
      await sessions.add(session('early', { createdAt: 3 }));
      await sessions.add(session('middle', { createdAt: 5 }));
      await sessions.add(session('other', { rule: 'other', createdAt: 1 }));
      expect([await sessions.countOf('acme-app'), await sessions.countOf('none')]).toEqual([3, 0]);
      await sessions.removeOldestOf('acme-app', 2);
      const isThere = async (id: string) => (await sessions.find(`hash of ${id}`)) !== undefined;
      expect([await isThere('late'), await isThere('early'), await isThere('middle')]).toEqual([
        true,
        false,
        false,
      ]);
      expect([await sessions.removeAllOf('acme-app'), await sessions.removeAllOf('acme-app')]).toEqual([
        1, 0,
      ]);
      expect([await sessions.removeAll(), await sessions.removeAll()]).toEqual([1, 0]);
    });

    test('expired sessions are removed', async () => {
      const { federatedSessions: sessions } = await newStore();
      await sessions.add(session('over', { expiresAt: 99 }));
      await sessions.add(session('good', { expiresAt: 100 }));
      expect(await sessions.removeExpired(100)).toBe(1);
      expect(await sessions.remove('hash of good')).toBe(true);
      expect(await sessions.remove('hash of good')).toBe(false);
    });

    test('only a removal counts as a change', async () => {
      const { federatedSessions: sessions, changes } = await newStore();
      const before = changes();
      const lastUse = { at: 4_000_000_000, from: '192.0.2.1' };
      await sessions.add(session('one'));
      await sessions.used(new Map([['hash of one', lastUse]]));
      expect(await sessions.find('hash of one')).toMatchObject({ lastUse });
      expect(changes()).toBe(before);
      await sessions.remove('hash of one');
      expect(changes()).not.toBe(before);
    });

    test('sessions are listed with those of users, as the subject ci:NAME', async () => {
      const { federatedSessions, sessions } = await newStore();
      await federatedSessions.add(session('one'));
      await federatedSessions.add(session('over', { expiresAt: 500 }));
      const since = {
        refreshToken: { createdAt: 0, lastUsedAt: 0, expiresAt: 0 },
        console: { createdAt: 0, lastUsedAt: 0 },
        federated: { expiresAt: 500 },
      };
      const { hash, id, host, client, createdAt, expiresAt, lastUse } = session('one');
      const listed = { kind: 'federated', hash, id, user: 'ci:acme-app', host, client, createdAt, expiresAt };
      expect(await sessions.page({ limit: 9 }, since)).toEqual([{ ...listed, lastUse }]);
      expect(await sessions.page({ limit: 9 }, since, 'ci:acme-app')).toHaveLength(1);
      expect(await sessions.page({ limit: 9 }, since, 'acme-app')).toEqual([]);
      expect(await sessions.find('one')).toMatchObject({ kind: 'federated' });
    });
  });

  test(`${backend}: the last use of a trust rule is stored, and never replaced by an earlier one`, async () => {
    const { trustRuleUses, changes } = await newStore();
    const before = changes();
    const use = (at: number) => ({ at, from: `10.0.0.${at}` });
    const write = (uses: Readonly<Record<string, number>>) =>
      trustRuleUses.used(new Map(Object.entries(uses).map(([name, at]) => [name, use(at)])));
    await write({ web: 5, app: 2 });
    await write({ web: 4, app: 3 });
    expect(await trustRuleUses.list()).toEqual(
      new Map([
        ['app', use(3)],
        ['web', use(5)],
      ]),
    );
    await trustRuleUses.remove('web');
    expect([...(await trustRuleUses.list()).keys()]).toEqual(['app']);
    expect(changes()).toBe(before);
  });
}
