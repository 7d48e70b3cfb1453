import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { until } from '../support/process/ready.ts';
import { mustRun, run } from '../support/process/run.ts';
import { expectClean5xx, logIn, resume, revoke } from '../support/dockpass/sessions.ts';
import { smallDisk } from '../support/process/small-disk.ts';

// Faults of the machine, caused for real: file systems of their own that are full or read-only, damaged files.

const password = 'correct horse battery staple';
const publicly = { publicDomains: ['127.0.0.1'] };

async function statusOf(server: DockpassServer, host: string, login = false): Promise<number> {
  const url = `http://${host}:${server.port}/auth/token?service=registry&scope=repository:a:pull`;
  return (await fetch(url, { headers: login ? { authorization: basic('alice', password) } : {} })).status;
}

needs('root')('a disk that is full', () => {
  it('stops administration with a clear line, not tokens; free again, all goes on by itself', async () => {
    const directory = await smallDisk(2048);
    const server = await startServe({ directory, config: { ...publicly, passwords: { remember: '0s' } } });
    await server.addUser('alice', password);
    const { refresh_token: session = '' } = (await (await logIn(server, password)).json()) as {
      refresh_token?: string;
    };
    const filler = join(directory, 'filler');
    // As much as fits: cp says so with an error, which is what this wants.
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
    await until('the audit rows that were kept', {}, async () => {
      const { stdout } = await server.must(['audit', '--user', 'alice', '--json']);
      return stdout.includes('"issued"') ? true : undefined;
    });
    expect((await server.must(['audit', '--verify'])).status).toBe(0);
  });
});

needs('root')('a read-only file system', () => {
  it('refuses the start with one line that names the folder', async () => {
    const directory = await smallDisk(2048);
    const home = await dockpassHome({ directory, config: publicly });
    await mustRun('mount', ['-o', 'remount,ro', directory]);
    const refused = await home.cli(['serve']);
    expect(refused.status).toBe(1);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused.stderr).toContain(directory);
    expect(refused.stderr).toMatch(/read-only/);
  });
});

describe('a corrupt database', () => {
  it.each([
    ['garbled', (text: Buffer) => text.fill('x', 0, 4096)],
    ['cut off', (text: Buffer) => text.subarray(0, 6000)],
  ])('(%s) refuses the start with one line that names the way back', async (_how, change) => {
    const home = await dockpassHome({ config: publicly });
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

it('a key file that is lost while the server runs changes nothing until it is restored', async () => {
  const server = await startServe({ config: publicly });
  const keys = join(server.directory, 'keys');
  const [leaves = ''] = (await readdir(keys)).filter((name) => name.startsWith('leaves-'));
  await writeFile(join(keys, 'leaves-2.pem'), 'garbled', { mode: 0o600 });
  await server.process.line(/cannot read the keys/);
  expect(await statusOf(server, '127.0.0.1')).toBe(200);
  await rm(join(keys, 'leaves-2.pem'));
  await server.process.line(/keys can be read again/);
  expect(await readdir(keys)).toContain(leaves);
});
