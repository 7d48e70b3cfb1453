import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockpassHome, startServe } from '../support/dockpass/dockpass.ts';
import { basic } from '../support/network/raw-http.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

const password = 'correct horse battery staple';

async function login(url: string): Promise<number> {
  return (
    await fetch(`${url}/auth/token?service=registry`, {
      headers: { authorization: basic('alice', password) },
    })
  ).status;
}

test('restores users and keys from a backup of a running server, also on another machine', async () => {
  const first = await startServe();
  await first.addUser('alice', password);
  const file = join(await temporaryDirectory('backup'), 'dockpass.backup');
  await first.must(['backup', file]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const bundle = (await first.must(['keys', 'export', '--pem'])).stdout;

  const second = await dockpassHome();
  await second.must(['restore', file]);
  expect((await second.must(['keys', 'export', '--pem'])).stdout).toBe(bundle);
  const restored = await startServe({ directory: second.directory });
  expect(await login(restored.url)).toBe(200);
  expect((await restored.must(['audit', '--verify'])).status).toBe(0);
});

test('restores keys that are in the database, with the same secret', async () => {
  const env = { DOCKPASS_KEYS_SECRET: 'a secret of more than thirty-two characters' };
  const first = await dockpassHome({ env });
  await first.must(['user', 'list']);
  const bundle = (await first.must(['keys', 'export'])).stdout;
  const file = join(first.directory, 'dockpass.backup');
  expect((await first.must(['backup', file])).stderr).toContain(
    'Store the value of keys.secret in another place',
  );
  const second = await dockpassHome({ env });
  await second.must(['restore', file]);
  expect((await second.must(['keys', 'export'])).stdout).toBe(bundle);
});

test('overwrites nothing that exists', async () => {
  const home = await dockpassHome();
  await home.addUser('alice', password);
  await home.must(['keys', 'list']);
  const file = join(home.directory, 'dockpass.backup');
  await home.must(['backup', file]);
  const again = await home.cli(['backup', file]);
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('already exists')]);
  const over = await home.cli(['restore', file]);
  expect([over.status, over.stderr]).toEqual([1, expect.stringContaining('Move them away')]);

  await mkdir(join(home.directory, 'old'));
  for (const name of ['keys', 'data'])
    await rename(join(home.directory, name), join(home.directory, 'old', name));
  await home.must(['restore', file]);
  expect((await home.must(['user', 'list'])).stdout).toContain('alice');
});

test('rejects a file that is not a backup and creates nothing', async () => {
  const home = await dockpassHome();
  const refused = await home.cli(['restore', join(home.directory, 'missing')]);
  expect(refused.status).toBe(1);
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  await expect(stat(join(home.directory, 'data'))).rejects.toThrow();
});
