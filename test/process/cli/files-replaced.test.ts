import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { expect, test } from 'vitest';
import { dockpassHome, startServe } from '../../support/dockpass/dockpass.ts';
import { installedCopy } from '../../support/dockpass/installed-copy.ts';
import { start } from '../../support/process/process.ts';
import { untilHttp } from '../../support/process/ready.ts';
import { refusalIn } from '../../support/dockpass/issuer.ts';
import { freePort } from '../../support/run/ports.ts';

/** The bcrypt hash of the password `password`, as in htpasswd files. */
const bcryptHash = '$2y$04$cTGsZ8pc/K8HPTapu4X0EOVXnYiJwbxhxPwJn2RdA4ZUZYFdF2JMS';

test('a server whose files a newer version has replaced goes on issuing tokens', async () => {
  const copy = await installedCopy();
  const home = await dockpassHome({ config: { htpasswd: 'htpasswd', publicDomains: ['pub.example.com'] } });
  await writeFile(join(home.directory, 'htpasswd'), `alice:${bcryptHash}\n`);
  const [port, operations] = [await freePort(), await freePort()];
  const server = await start(process.execPath, [join(copy, 'bin', 'dockpass.js'), 'serve'], {
    cwd: home.directory,
    env: {
      ...home.env,
      DOCKPASS_LISTEN: `127.0.0.1:${port}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
    },
    name: 'dockpass serve',
  });
  await untilHttp(`http://127.0.0.1:${operations}/readyz`, { part: server, status: 200 });

  for (const file of await readdir(join(copy, 'dist')))
    await rm(join(copy, 'dist', file), { recursive: true });
  await writeFile(join(copy, 'dist', 'main.js'), 'export const version = "a newer one";\n');
  await rm(join(copy, 'node_modules'));
  await mkdir(join(copy, 'node_modules'));

  const client = request(`http://127.0.0.1:${port}`);
  const token = () => client.get('/auth/token').set('Host', 'registry.example.com');
  const check = async (): Promise<void> => {
    expect((await token().auth('alice', 'password')).status).toBe(200);
    expect((await token().auth('alice', 'wrong')).status).toBe(401);
    expect((await token().query({ service: 'réseau' })).status).toBe(400);
    expect((await client.post('/auth/token').type('form').send('a=b')).status).toBe(400);
    expect((await client.put('/auth/token')).status).toBe(405);
    expect((await client.post('/auth/revoke').type('form').send('token=x')).status).toBe(200);
    expect((await client.get('/auth/forward')).status).toBe(403);
  };
  await check();
  // Loading express and the library for metrics is left until they are needed, so these requests fail.
  for (const path of ['/auth/jwks', '/auth/nothing', '/auth/TOKEN']) {
    const answer = await client.get(path);
    expect([answer.status, refusalIn(answer)], path).toEqual([503, 'unavailable']);
  }
  expect((await request(`http://127.0.0.1:${operations}`).get('/metrics')).status).toBe(503);
  expect((await request(`http://127.0.0.1:${operations}`).get('/healthz')).status).toBe(200);
  await Promise.all(Array.from({ length: 40 }, check));
});

test('a server whose log is on a full disk goes on issuing tokens', async () => {
  const server = await startServe({ through: ['sh', '-c', 'exec "$@" >/dev/full 2>&1', 'sh'] });
  const jwks = () => request(server.url).get('/auth/jwks');
  expect((await jwks()).status).toBe(200);
  server.process.signal('SIGHUP');
  for (let sent = 0; sent < 5; sent++)
    expect((await request(server.url).get('/auth/token').set('Host', 'x')).status).toBe(401);
  expect((await jwks()).status).toBe(200);
});
