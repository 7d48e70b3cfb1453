import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { until } from '../support/process/ready.ts';
import { mustRun, run } from '../support/process/run.ts';
import { expectClean5xx, logIn, resume, revoke } from '../support/dockpass/sessions.ts';
import { smallDisk } from '../support/process/small-disk.ts';

// Real faults of the machine: a full file system, a read-only file system, and damaged files. The tests mount their own
// small file systems.

const password = 'correct horse battery staple';
const publicConfig = { publicDomains: ['127.0.0.1'] };

async function statusOf(server: DockpassServer, host: string, login = false): Promise<number> {
  const url = `http://${host}:${server.port}/auth/token?service=registry&scope=repository:a:pull`;
  return (await fetch(url, { headers: login ? { authorization: basic('alice', password) } : {} })).status;
}

needs('root')('a full disk', () => {
  test('makes commands fail with a one-line error, but not tokens, and needs no restart when there is space again', async () => {
    const directory = await smallDisk(2048);
    const server = await startServe({
      directory,
      config: { ...publicConfig, passwords: { remember: '0s' } },
    });
    await server.addUser('alice', password);
    const { refresh_token: session = '' } = (await (await logIn(server, password)).json()) as {
      refresh_token?: string;
    };
    const filler = join(directory, 'filler');
    // dd fills the disk and then fails with an error. That is expected.
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { cwd: directory });

    const refused = await server.cli(['user', 'add', 'bob', '--password-stdin'], { input: `${password}\n` });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/full/);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    await expectClean5xx(await revoke(server, session));
    expect(await resume(server, session)).toBe(200);
    const ready = await fetch(`${server.operationsUrl}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([200, expect.stringContaining('disk_filling_up')]);
    for (let round = 0; round < 5; round++) {
      expect(await statusOf(server, '127.0.0.1')).toBe(200);
      expect(await statusOf(server, 'localhost', true)).toBe(200);
    }

    await rm(filler);
    await server.addUser('bob', password);
    expect((await revoke(server, session)).status).toBe(200);
    expect(await resume(server, session)).toBe(401);
    await until('the buffered audit rows to be written', {}, async () => {
      const { stdout } = await server.must(['audit', '--user', 'alice', '--json']);
      return stdout.includes('"issued"') ? true : undefined;
    });
    expect((await server.must(['audit', '--verify'])).status).toBe(0);
  });
});

needs('root')('a disk that is full before the start', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'does not prevent a start after %s, and tokens are issued',
    async (signal) => {
      const directory = await smallDisk(2048);
      const options = { directory, config: publicConfig };
      const first = await startServe(options);
      await first.addUser('alice', password);
      expect(await statusOf(first, 'localhost', true)).toBe(200);
      first.process.signal(signal);
      await first.process.ended;
      await run('dd', ['if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=4k'], { cwd: directory });
      const second = await startServe(options);
      expect(await statusOf(second, '127.0.0.1')).toBe(200);
      expect(await statusOf(second, 'localhost', true)).toBe(200);
      await rm(join(directory, 'filler'));
      await second.addUser('bob', password);
      expect((await second.must(['audit', '--verify'])).status).toBe(0);
    },
  );
});

needs('root')('a read-only file system', () => {
  test('prevents the start, with a one-line error that names the directory', async () => {
    const directory = await smallDisk(2048);
    const home = await dockpassHome({ directory, config: publicConfig });
    await mustRun('mount', ['-o', 'remount,ro', directory]);
    const refused = await home.cli(['serve']);
    expect(refused.status).toBe(1);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused.stderr).toContain(directory);
    expect(refused.stderr).toMatch(/read-only/);
  });
});

describe('a corrupt database', () => {
  test.each([
    ['garbled', (text: Buffer) => text.fill('x', 0, 4096)],
    ['cut off', (text: Buffer) => text.subarray(0, 6000)],
  ])('(%s) prevents the start, with a one-line error that names `dockpass restore`', async (_how, change) => {
    const home = await dockpassHome({ config: publicConfig });
    await home.addUser('alice', password);
    const path = join(home.directory, 'data', 'dockpass.db');
    await writeFile(path, change(await readFile(path)));
    const refused = await home.cli(['serve'], {
      env: { DOCKPASS_LISTEN: '127.0.0.1:0', DOCKPASS_OPERATIONS_LISTEN: '127.0.0.1:0' },
    });
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^dockpass: .*dockpass\.db is damaged\..*dockpass restore FILE/) as string,
    ]);
  });
});

test('a damaged key file does not stop a running server, which reports when the keys can be read again', async () => {
  const server = await startServe({ config: publicConfig });
  const keys = join(server.directory, 'keys');
  const [leaves = ''] = (await readdir(keys)).filter((name) => name.startsWith('leaves-'));
  await writeFile(join(keys, 'leaves-2.pem'), 'garbled', { mode: 0o600 });
  await server.process.line(/cannot read the keys/);
  expect(await statusOf(server, '127.0.0.1')).toBe(200);
  await rm(join(keys, 'leaves-2.pem'));
  await server.process.line(/keys can be read again/);
  expect(await readdir(keys)).toContain(leaves);
});
