import { describe, expect, test } from 'vitest';
import type { LastUse, AccessToken, Robot, RobotSecret, Store, User } from '../../../src/store/store.ts';

const alice: User = {
  name: 'alice',
  role: 'writer',
  rightsFrom: 'role',
  passwordHash: 'hash',
  disabled: false,
  createdAt: 1,
  changedAt: 1,
};

function token(name: string, change: Partial<AccessToken> = {}): AccessToken {
  return {
    hash: `hash of ${name}`,
    name,
    user: 'alice',
    only: [{ pattern: 'host:5000/a/**', actions: ['pull', 'push'] }],
    createdAt: 1_700_000_000,
    expiresAt: 4_000_000_000,
    lastUse: null,
    ...change,
  };
}

function robot(name: string, change: Partial<Robot> = {}): Robot {
  return {
    name,
    only: [{ pattern: '**', actions: ['pull'] }],
    disabled: false,
    createdAt: 1_700_000_000,
    expiresAt: 4_000_000_000,
    lastUse: null,
    ...change,
  };
}

function secret(hash: string, change: Partial<RobotSecret> = {}): RobotSecret {
  return { hash, robot: 'builder', createdAt: 100, expiresAt: null, ...change };
}

/** Tests access tokens and robots, which must behave the same in every backend. */
export function secretsBehaviour(backend: string, newStore: () => Promise<Store>): void {
  describe(`${backend}: access tokens`, () => {
    const withAlice = async (): Promise<Store> => {
      const store = await newStore();
      await store.users.add(alice);
      return store;
    };

    test('a token is found by its hash, with all fields', async () => {
      const { accessTokens } = await withAlice();
      const [kept, all] = [token('kept'), token('all', { only: null, expiresAt: null, api: true })];
      expect([await accessTokens.add(kept), await accessTokens.add(all)]).toEqual([true, true]);
      const find = async (hash: string) => (await accessTokens.findWithOwner(hash))?.token;
      expect([await find(kept.hash), await find(all.hash)]).toEqual([kept, all]);
      expect(await find('another')).toBeUndefined();
    });

    test('a token is found with its owner and everything that the owner has', async () => {
      const { accessTokens, groups, grants, users } = await withAlice();
      await groups.add('web', 1);
      await groups.join('web', 'alice');
      const held = { subject: 'group:web', pattern: 'a/**', actions: ['pull'], createdAt: 5 } as const;
      await grants.put(held);
      await users.add({ ...alice, name: 'bob' });
      await users.update('bob', { disabled: true, changedAt: 1 });
      await accessTokens.add(token('ci', { createdAt: 7 }));
      await accessTokens.add(token('his', { user: 'bob' }));
      expect(await accessTokens.findWithOwner('hash of ci')).toEqual({
        token: token('ci', { createdAt: 7 }),
        owner: { user: { ...alice, rightsFrom: 'grants' }, groups: ['web'], grants: [held] },
      });
      expect(await accessTokens.findWithOwner('hash of his')).toEqual({
        token: token('his', { user: 'bob' }),
        owner: { user: { ...alice, name: 'bob', disabled: true }, groups: [], grants: [] },
      });
    });

    test('a user can have a token name only once', async () => {
      const { accessTokens, users } = await withAlice();
      await users.add({ ...alice, name: 'bob' });
      await accessTokens.add(token('ci'));
      expect(await accessTokens.add(token('ci', { hash: 'another' }))).toBe(false);
      expect(await accessTokens.add(token('ci', { hash: 'of bob', user: 'bob' }))).toBe(true);
      expect((await accessTokens.list()).map(({ user, name }) => [user, name])).toEqual([
        ['alice', 'ci'],
        ['bob', 'ci'],
      ]);
      expect(await accessTokens.list('bob')).toHaveLength(1);
    });

    test('tokens are removed by name, and with their user', async () => {
      const { accessTokens, users } = await withAlice();
      await accessTokens.add(token('one'));
      await accessTokens.add(token('two'));
      expect(await accessTokens.remove('alice', 'one')).toBe(true);
      expect(await accessTokens.remove('alice', 'one')).toBe(false);
      await users.remove('alice');
      expect(await accessTokens.list()).toEqual([]);
    });

    test('a last use is stored, and does not count as a change', async () => {
      const { accessTokens, changes } = await withAlice();
      await accessTokens.add(token('ci'));
      const before = changes();
      await accessTokens.used(
        new Map([
          ['hash of ci', { at: 4_000_000_000, from: '2001:db8::1' }],
          ['gone', { at: 1, from: '192.0.2.1' }],
        ]),
      );
      expect((await accessTokens.findWithOwner('hash of ci'))?.token.lastUse).toEqual({
        at: 4_000_000_000,
        from: '2001:db8::1',
      });
      expect(changes()).toBe(before);
    });

    test('many last uses are written at once, and an older one does not replace a newer one', async () => {
      const { accessTokens } = await withAlice();
      const names = Array.from({ length: 3 }, (_, at) => `t${at}`);
      for (const name of names) await accessTokens.add(token(name));
      const strangers = Array.from({ length: 1100 }, (_, at): [string, LastUse] => [
        `gone ${at}`,
        { at: 1, from: '' },
      ]);
      const usesAt = (at: number, from: string) =>
        names.map((name): [string, LastUse] => [`hash of ${name}`, { at, from }]);
      await accessTokens.used(new Map([...strangers, ...usesAt(20, 'later')]));
      await accessTokens.used(new Map(usesAt(10, 'earlier')));
      const lastUses = (await accessTokens.list()).map(({ lastUse }) => lastUse);
      expect(lastUses).toEqual(names.map(() => ({ at: 20, from: 'later' })));
    });

    test('each change increases the counter', async () => {
      const { accessTokens, changes } = await withAlice();
      const counts = [changes()];
      await accessTokens.add(token('ci'));
      counts.push(changes());
      await accessTokens.remove('alice', 'ci');
      counts.push(changes());
      expect(new Set(counts).size).toBe(3);
    });
  });

  describe(`${backend}: names`, () => {
    test('names of users and robots are found among many other names', async () => {
      const { users, robots } = await newStore();
      for (const name of ['alice', 'frozen'])
        await users.add({ ...alice, name, disabled: name === 'frozen' });
      await robots.add(robot('builder'), secret('one'));
      const crowd = Array.from({ length: 250 }, (_, at) => `guess${at}`);
      const strange = ['', "al'ice", 'al\0ice', 'ALICE', '%', 'a'.repeat(500)];
      const taken = await users.namesTaken(['alice', ...crowd, ...strange, 'builder', 'frozen']);
      expect([...taken].sort()).toEqual(['alice', 'builder', 'frozen']);
      expect([...(await users.namesTaken([]))]).toEqual([]);
    });
  });

  describe(`${backend}: robots`, () => {
    test('a robot is found by its name and by its secret, with all fields', async () => {
      const { robots } = await newStore();
      expect(await robots.add(robot('builder'), secret('one'))).toBe(true);
      expect(await robots.find('builder')).toEqual(robot('builder'));
      expect(await robots.findBySecret('one')).toEqual({ robot: robot('builder'), secret: secret('one') });
      expect([await robots.find('other'), await robots.findBySecret('two')]).toEqual([undefined, undefined]);
    });

    test('a name exists only once, and the secret of a second robot with that name is not stored', async () => {
      const { robots } = await newStore();
      await robots.add(robot('builder'), secret('one'));
      expect(await robots.add(robot('builder', { only: [] }), secret('two'))).toBe(false);
      expect(await robots.findBySecret('two')).toBeUndefined();
      expect(await robots.list()).toEqual([robot('builder')]);
    });

    test('a rotation ends the old secrets, and never later than they would have expired', async () => {
      const { robots } = await newStore();
      await robots.add(robot('builder'), secret('one'));
      await robots.rotate(secret('two', { createdAt: 200 }), 1000);
      await robots.rotate(secret('three', { createdAt: 300 }), 5000);
      const endOf = async (hash: string) => (await robots.findBySecret(hash))?.secret.expiresAt;
      expect([await endOf('one'), await endOf('two'), await endOf('three')]).toEqual([1000, 5000, null]);
      // The next rotation removes secrets that have expired.
      await robots.rotate(secret('four', { createdAt: 2000 }), 3000);
      expect([await endOf('one'), await endOf('two'), await endOf('four')]).toEqual([undefined, 3000, null]);
    });

    test('a rotation changes when the robot expires only if that is given', async () => {
      const { robots } = await newStore();
      await robots.add(robot('builder'), secret('one'));
      await robots.rotate(secret('two'), 1000);
      expect((await robots.find('builder'))?.expiresAt).toBe(4_000_000_000);
      await robots.rotate(secret('three'), 1000, 5_000_000_000);
      expect((await robots.find('builder'))?.expiresAt).toBe(5_000_000_000);
    });

    test('a robot that does not exist cannot be rotated, disabled or removed', async () => {
      const { robots } = await newStore();
      expect([
        await robots.rotate(secret('one'), 1000),
        await robots.setDisabled('builder', true),
        await robots.remove('builder'),
      ]).toEqual([false, false, false]);
    });

    test('a robot can be disabled and removed, and its last use is stored', async () => {
      const { robots, changes } = await newStore();
      await robots.add(robot('builder'), secret('one'));
      await robots.setDisabled('builder', true);
      expect((await robots.findBySecret('one'))?.robot.disabled).toBe(true);
      const before = changes();
      await robots.used(new Map([['builder', { at: 7, from: '192.0.2.1' }]]));
      expect([(await robots.find('builder'))?.lastUse, changes()]).toEqual([
        { at: 7, from: '192.0.2.1' },
        before,
      ]);
      await robots.remove('builder');
      expect([await robots.find('builder'), await robots.findBySecret('one')]).toEqual([
        undefined,
        undefined,
      ]);
    });
  });

  describe(`${backend}: a new hash of the same password`, () => {
    test('replaces the hash that it was made from, and no other', async () => {
      const { users } = await newStore();
      await users.add(alice);
      expect(await users.replaceHash('alice', 'hash', 'new hash')).toBe(true);
      expect(await users.replaceHash('alice', 'hash', 'again')).toBe(false);
      expect(await users.replaceHash('bob', 'hash', 'new hash')).toBe(false);
      expect(await users.find('alice')).toEqual({ ...alice, passwordHash: 'new hash' });
    });

    test('does not change the time of the last unlock', async () => {
      const { users } = await newStore();
      await users.add(alice);
      await users.update('alice', { unlockedAt: 4_000_000_000, changedAt: 1 });
      expect(await users.find('alice')).toEqual({ ...alice, unlockedAt: 4_000_000_000 });
    });
  });
}
