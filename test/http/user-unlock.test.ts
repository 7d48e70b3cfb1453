import { expect, test } from 'vitest';
import { startServe } from '../support/dockpass/dockpass.ts';
import { basic } from '../support/network/raw-http.ts';

const password = 'correct horse battery';

test('user unlock ends the lockout of a user at once', async () => {
  const server = await startServe();
  await server.addUser('alice', password);
  const login = async (secret: string): Promise<number> =>
    (await fetch(`${server.url}/auth/token`, { headers: { authorization: basic('alice', secret) } })).status;
  let status = 401;
  for (let at = 0; status === 401; at++) status = await login(`wrong horse ${at}`);
  expect(status).toBe(429);
  expect((await server.must(['user', 'unlock', 'ALICE'])).stderr).toContain(
    'alice can try to log in again now',
  );
  expect(await login(password)).toBe(200);
  expect((await server.must(['audit'])).stdout).toContain('user alice unlocked');
});
