import request from 'supertest';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSecretToken } from '../../src/identity/token/secret-token.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Robot } from '../../src/store/store.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { accessIn, privateHost, dataOf, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startIssuer();
});

const seconds = (): number => Math.floor(issuer.clock() / 1000);

/**
 * Stores a robot as `dockpass robot create` does.
 * @returns the secret of the robot
 */
async function createRobot(name: string, change: Partial<Robot> = {}): Promise<string> {
  const { text, token } = createSecretToken('dpr_', 20);
  const robot: Robot = {
    name,
    only: [{ pattern: 'team/**', actions: ['pull', 'push'] }],
    disabled: false,
    createdAt: seconds(),
    expiresAt: seconds() + 1000,
    lastUse: null,
    ...change,
  };
  await issuer.server.store.robots.add(robot, {
    hash: token.hash,
    robot: name,
    createdAt: 0,
    expiresAt: null,
  });
  return text.reveal();
}

const ask = (name: string, secret: string, scope = 'repository:team/app:pull') =>
  issuer.get(privateHost, `scope=${scope}`).auth(name, secret);
const status = async (name: string, secret: string): Promise<number> => (await ask(name, secret)).status;
const allowed = async (secret: string, scope: string): Promise<readonly string[]> =>
  accessIn(await ask('builder', secret, scope)).flatMap(({ actions }) => actions);

describe('a robot', () => {
  test('has the rights with which it was created, and no others', async () => {
    const secret = await createRobot('builder');
    expect(await allowed(secret, 'repository:team/app:pull,push,delete')).toEqual(['pull', 'push']);
    expect(await allowed(secret, 'repository:other/app:pull')).toEqual([]);
    expect(await allowed(secret, 'registry:catalog:*')).toEqual([]);
  });

  test('logs in only with its own name and its secret', async () => {
    const secret = await createRobot('builder');
    await createRobot('other');
    expect(await status('BUILDER', secret)).toBe(200);
    expect(await status('other', secret)).toBe(401);
    expect(await status('builder', 'any password')).toBe(401);
  });

  test('is rejected from the second in which it expires, and at once when it is disabled or removed', async () => {
    const { robots } = issuer.server.store;
    const secret = await createRobot('builder', { expiresAt: seconds() + 60 });
    issuer.clock.advance(59);
    expect(await status('builder', secret)).toBe(200);
    await robots.setDisabled('builder', true);
    expect(await status('builder', secret)).toBe(401);
    await robots.setDisabled('builder', false);
    expect(await status('builder', secret)).toBe(200);
    issuer.clock.advance(1);
    expect(await status('builder', secret)).toBe(401);
    const other = await createRobot('other');
    await robots.remove('other');
    expect(await status('other', other)).toBe(401);
  });

  test('works with both secrets during the overlap of a rotation', async () => {
    const old = await createRobot('builder');
    const { text, token } = createSecretToken('dpr_', 20);
    const next = { hash: token.hash, robot: 'builder', createdAt: seconds(), expiresAt: null };
    await issuer.server.store.robots.rotate(next, seconds() + 100);
    issuer.clock.advance(99);
    expect([await status('builder', old), await status('builder', text.reveal())]).toEqual([200, 200]);
    issuer.clock.advance(1);
    expect([await status('builder', old), await status('builder', text.reveal())]).toEqual([401, 200]);
  });

  test('is not rate-limited by failed login attempts with its name', async () => {
    const secret = await createRobot('builder');
    for (let at = 0; at < 30; at++) await ask('builder', `guess ${at}`);
    expect((await ask('builder', 'guess')).status).toBe(429);
    expect(await status('builder', secret)).toBe(200);
  });

  test('records its last use, so that unused robots can be found', async () => {
    const secret = await createRobot('builder');
    await createRobot('dead');
    await ask('builder', secret).set('X-Forwarded-For', '203.0.113.9');
    const at = seconds();
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    afterwards(() => store.close());
    expect((await store.robots.list()).map(({ name, lastUse }) => [name, lastUse])).toEqual([
      ['builder', { at, from: '203.0.113.9' }],
      ['dead', null],
    ]);
  });

  test('gets no refresh token and cannot create another robot', async () => {
    const secret = await createRobot('builder');
    const login = await issuer.get(privateHost, 'offline_token=true').auth('builder', secret);
    expect(login.body).not.toHaveProperty('refresh_token');
    for (const path of ['/auth/robots', '/auth/robot', '/auth/users', '/auth/tokens', '/auth/']) {
      const answer = await request(issuer.url)
        .post(path)
        .set('Host', privateHost)
        .auth('builder', secret)
        .type('form')
        .send('name=another');
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect((await issuer.server.store.robots.list()).map(({ name }) => name)).toEqual(['builder']);
  });
});

test('a server that starts warns of robots that expire soon', async () => {
  await createRobot('ending', { expiresAt: Math.floor(issuer.clock() / 1000) + 3 * 24 * 60 * 60 });
  await createRobot('fresh', { expiresAt: Math.floor(issuer.clock() / 1000) + 300 * 24 * 60 * 60 });
  await issuer.stop();
  const again = await startIssuer(dataOf(issuer));
  await expect.poll(() => again.logged.join('\n')).toContain('ending (in 3 days)');
  expect(again.logged.join('\n')).not.toContain('fresh');
});
