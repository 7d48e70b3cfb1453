import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { freePort } from '../../support/run/ports.ts';

// Environment variables and files as Kubernetes, Docker Compose and other orchestrators set them.

const links = {
  DOCKPASS_EDGE_SERVICE_HOST: '10.0.0.1',
  DOCKPASS_EDGE_PORT: 'tcp://10.0.0.1:443',
  DOCKPASS_EDGE_PORT_443_TCP_ADDR: '10.0.0.1',
};

test('serve starts next to a Service called dockpass-edge, and logs what it ignores', async () => {
  const server = await startServe({ env: { ...links, DOCKPASS_STRICT_PERMISSIONS: 'False' } });
  const [line] = await server.process.line(/.*ignored environment variables.*/);
  for (const name of Object.keys(links)) expect(line).toContain(name);
});

/** Programs that `up` finds, but that never run in these tests, because `up` ends earlier. */
async function homeWithPrograms(): Promise<{
  home: DockpassHome;
  up: string[];
  env: Record<string, string>;
}> {
  const home = await dockpassHome();
  const folder = join(home.directory, 'bin');
  await mkdir(folder);
  for (const name of ['registry', 'caddy'])
    await writeFile(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const [port, registry, listen, operations] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  return {
    home,
    up: [
      'up',
      '--port',
      String(port),
      '--registry',
      join(folder, 'registry'),
      '--edge',
      join(folder, 'caddy'),
    ],
    env: {
      DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registry}`,
      DOCKPASS_LISTEN: `127.0.0.1:${listen}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
    },
  };
}

test('up names REGISTRY_HTTP_DEBUG_ADDR if the debug server would take the port of the edge', async () => {
  const { home, up, env } = await homeWithPrograms();
  const port = up[2] ?? '';
  const ended = await home.cli(up, { env: { ...env, REGISTRY_HTTP_DEBUG_ADDR: `:${port}` } });
  expect(ended).toMatchObject({
    status: 1,
    stderr: `dockpass: port ${port} is configured for the edge and for the debug server of the registry. Choose another port in the environment variable REGISTRY_HTTP_DEBUG_ADDR, or unset the variable.\n`,
  });
});

test.each(['dpp_secret of the administrator', 'two\nlines\n', '\n'])(
  'up rejects %j as the password of the administrator before it writes anything',
  async (pass) => {
    const { home, up, env } = await homeWithPrograms();
    const ended = await home.cli(up, { env: { ...env, user: 'boss', pass } });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^dockpass: the value of the environment variable "pass" cannot be used: /);
    expect(ended.stderr).not.toContain(pass.trim() === '' ? 'boss' : pass.trim());
  },
);

test('init removes the path prefix of an existing registry and says so', async () => {
  const home = await dockpassHome();
  const file = join(home.directory, 'old.yml');
  await writeFile(file, 'storage: { inmemory: }\nhttp: { addr: ":5000", prefix: /hub/ }\n');
  const { stderr } = await home.must(['init', '--tls', 'off', '--registry-config', file, '--out', 'new']);
  expect(stderr).toContain('http.prefix (/hub/) is removed, because the edge sends /v2/ to the registry');
  expect(await readFile(join(home.directory, 'new/registry-config.yml'), 'utf8')).not.toContain('prefix');
});

test('init rejects a registry whose debug server uses the port of the edge', async () => {
  const home = await dockpassHome();
  const file = join(home.directory, 'old.yml');
  await writeFile(file, 'storage: { inmemory: }\nhttp: { debug: { addr: ":5001" } }\n');
  const init = ['init', '--tls', 'off', '--registry-config', file, '--out', 'new'];
  const ended = await home.cli(init);
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain('http.debug.addr of the registry configuration uses port 5001');
  await home.must([...init, '--port', '5443']);
});
