import { describe, expect, test } from 'vitest';
import { createAccessToken, listAccessTokens } from '../../../../src/admin/access-tokens.ts';
import {
  createRobot,
  disableRobot,
  planRotation,
  rotateAllRobotSecrets,
  rotateRobotSecret,
  setRobot,
} from '../../../../src/admin/robots.ts';
import { parseSecretToken } from '../../../../src/identity/token/secret-token.ts';
import type { OnlyRight, Store } from '../../../../src/store/store.ts';
import {
  add,
  addRobot,
  auditReasons,
  clock,
  now,
  nowInSeconds,
  type NewAdminDatabase,
} from './admin-database.ts';

const only: readonly OnlyRight[] = [{ pattern: 'team/**', actions: ['pull', 'push'] }];
const day = 24 * 60 * 60;
const label = { description: 'builds of the shop', owner: 'team web' };

/** Tests robots and the labels of robots and tokens, which must behave the same on every database. */
export function robotsBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: secrets for the API`, () => {
    test('a token or robot is accepted by the API only if it was created for it', async () => {
      const store = await newStore();
      await add(store, 'alice');
      const token = { user: 'alice', only: null, expiresIn: null };
      await createAccessToken(store, clock, { ...token, name: 'laptop' });
      await createAccessToken(store, clock, { ...token, name: 'console', api: true });
      await createRobot(store, clock, { name: 'ci', only, expiresIn: 60, api: true });
      await addRobot(store, 'plain');
      const tokens = (await listAccessTokens(store)).map(({ name, api }) => [name, api]);
      expect(tokens).toEqual([
        ['console', true],
        ['laptop', undefined],
      ]);
      expect((await store.robots.list()).map(({ name, api }) => [name, api])).toEqual([
        ['ci', true],
        ['plain', undefined],
      ]);
      expect((await auditReasons(store)).filter((reason) => reason.includes('API'))).toEqual([
        'access token console of alice created with rights: all rights of the user, accepted by the API',
        'robot ci created with rights: team/**:pull,push, accepted by the API',
      ]);
    });

    test('a change or a new secret of a robot leaves this as it is', async () => {
      const store = await newStore();
      await createRobot(store, clock, { name: 'ci', only, expiresIn: 60, api: true });
      await setRobot(store, clock, 'ci', { expiresIn: 120, owner: 'team web' });
      await rotateRobotSecret(store, clock, 'ci', { overlap: 0, expiresIn: undefined });
      expect(await store.robots.find('ci')).toMatchObject({ api: true, owner: 'team web' });
    });
  });

  describe(`${backend}: descriptions and owners`, () => {
    test('are stored with robots and tokens, and are in the audit log', async () => {
      const store = await newStore();
      await add(store, 'alice');
      await createRobot(store, clock, { name: 'ci', only, expiresIn: 60, ...label });
      await addRobot(store, 'plain');
      await createAccessToken(store, clock, {
        ...{ name: 'laptop', user: 'alice', only: null, expiresIn: null },
        ...label,
      });
      expect(await store.robots.find('ci')).toMatchObject(label);
      expect(await store.robots.find('plain')).not.toHaveProperty('owner');
      expect(await listAccessTokens(store)).toMatchObject([label]);
      expect((await auditReasons(store)).slice(1)).toEqual([
        'robot ci created with rights: team/**:pull,push, owner: team web, description: builds of the shop',
        'robot plain created with rights: **:pull',
        'access token laptop of alice created with rights: all rights of the user, owner: team web, description: builds of the shop',
      ]);
    });

    test.each([
      ['of two lines', 'two\nlines'],
      ['with a control character', '\u001b[2J'],
      ['with an invisible character', 'zero\u200bwidth'],
      ['of 201 characters', 'x'.repeat(201)],
    ])('a text %s is rejected', async (_what, description) => {
      const store = await newStore();
      const created = createRobot(store, clock, { name: 'ci', only, expiresIn: 60, description });
      await expect(created).rejects.toMatchObject({ code: 'bad_usage' });
      expect(await store.robots.list()).toEqual([]);
    });
  });

  describe(`${backend}: changes of a robot`, () => {
    test('replace its rights, expiry and label, and leave its secret valid', async () => {
      const store = await newStore();
      const { secret } = await createRobot(store, clock, { name: 'ci', only, expiresIn: 60, ...label });
      const others: readonly OnlyRight[] = [{ pattern: 'base/*', actions: ['pull'] }];
      expect(await setRobot(store, clock, 'CI', { only: others })).toMatchObject({ only: others, ...label });
      const changed = await setRobot(store, clock, 'ci', {
        expiresIn: 600,
        owner: 'team ops',
        description: ' ',
      });
      expect(changed).toMatchObject({ only: others, owner: 'team ops', expiresAt: nowInSeconds + 600 });
      expect(changed).not.toHaveProperty('description');
      const hash = parseSecretToken(secret.reveal())?.hash ?? '';
      expect(await store.robots.findBySecret(hash)).toMatchObject({ robot: { name: 'ci', only: others } });
      expect((await auditReasons(store)).slice(1)).toEqual([
        'robot ci changed, rights: base/*:pull',
        'robot ci changed, expires: 2023-11-14T22:23:20.000Z, owner: team ops, description: none',
      ]);
    });

    test('are noticed by running servers', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      const before = store.changes();
      await setRobot(store, clock, 'ci', { only });
      expect(store.changes()).not.toBe(before);
    });

    test('are rejected if there is nothing to change, or no such robot', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      await expect(setRobot(store, clock, 'ci', {})).rejects.toMatchObject({ code: 'bad_usage' });
      await expect(setRobot(store, clock, 'cd', { only })).rejects.toMatchObject({ code: 'no_such_robot' });
      expect(await auditReasons(store)).toHaveLength(1);
    });
  });

  describe(`${backend}: rotation of all robots`, () => {
    const threeRobots = async (): Promise<Store> => {
      const store = await newStore();
      for (const [name, days] of [
        ['soon', 10],
        ['later', 100],
        ['gone', 1],
      ] as const)
        await createRobot(store, clock, { name, only, expiresIn: days * day });
      return store;
    };
    const twoDaysLater = (): number => now + 2 * day * 1000;
    const rotation = { overlap: 60, expiresIn: undefined };

    test('gives each robot that has not expired a new secret, and writes a row for each', async () => {
      const store = await threeRobots();
      await disableRobot(store, clock, 'soon');
      const options = { ...rotation, expiringWithin: undefined };
      const { rotated, oldSecretsEndAt } = await rotateAllRobotSecrets(store, twoDaysLater, options);
      expect(rotated.map(({ robot }) => robot.name)).toEqual(['later', 'soon']);
      expect(oldSecretsEndAt).toBe(nowInSeconds + 2 * day + 60);
      for (const { robot, secret } of rotated) {
        const found = await store.robots.findBySecret(parseSecretToken(secret.reveal())?.hash ?? '');
        expect(found?.robot.name).toBe(robot.name);
      }
      expect((await auditReasons(store)).slice(4)).toEqual([
        'secret of robot later rotated',
        'secret of robot soon rotated',
        'secrets of all robots rotated',
      ]);
      expect(await store.auditLog.verify()).toBeUndefined();
    });

    test('can be limited to the robots that expire soon, and renews them', async () => {
      const store = await threeRobots();
      const plan = await planRotation(store, twoDaysLater, 30 * day);
      expect([plan.robots.map(({ name }) => name), plan.expired]).toEqual([['soon'], ['gone']]);
      const options = { overlap: 0, expiresIn: 365 * day, expiringWithin: 30 * day };
      const { rotated } = await rotateAllRobotSecrets(store, twoDaysLater, options);
      expect(rotated).toMatchObject([{ robot: { name: 'soon', expiresAt: nowInSeconds + 367 * day } }]);
    });

    test('without such a robot, changes nothing and writes no row', async () => {
      const store = await threeRobots();
      const options = { ...rotation, expiringWithin: 60 };
      expect((await rotateAllRobotSecrets(store, clock, options)).rotated).toEqual([]);
      expect(await auditReasons(store)).toHaveLength(3);
    });
  });
}
