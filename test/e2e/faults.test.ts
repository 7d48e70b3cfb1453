import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../support/dockpass.ts';
import { repository } from '../support/environment.ts';
import { needs, part } from '../support/parts.ts';
import { basic } from '../support/raw-http.ts';
import { start } from '../support/process.ts';
import { until } from '../support/ready.ts';
import { mustRun, run } from '../support/run.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temp.ts';

// Faults of the machine, caused for real: file systems of their own that are full or read-only, system calls that fail.

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
    const { refresh_token: session = '' } = (await (await logIn(server)).json()) as {
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
      expect.stringMatching(/^dockpass: .*dockpass\.db is damaged: .*dockpass restore FILE/) as string,
    ]);
  });
});

needs('strace')('system calls that fail', () => {
  it('never make a change look done that is not: each Nth write or sync', { timeout: 120_000 }, async () => {
    const home = await dockpassHome({ directory: await temporaryDirectory('failing'), config: publicly });
    await home.addUser('first', password);
    const calls = 'pwrite64,fdatasync,fsync';
    const bin = join(repository, 'bin', 'dockpass.js');
    const done: string[] = [];
    const failed: string[] = [];
    for (let nth = 1; nth <= 9; nth++) {
      const name = `user-${nth}`;
      const failing = [
        '-f',
        '-qq',
        '-e',
        `trace=${calls}`,
        '-e',
        `inject=${calls}:error=EIO:when=${nth}`,
        '-o',
        '/dev/null',
      ];
      const added = await run(
        part('strace'),
        [...failing, process.execPath, bin, 'user', 'add', name, '--generate'],
        {
          cwd: home.directory,
          env: home.env,
        },
      );
      if (added.status === 0) done.push(name);
      else {
        failed.push(name);
        expect(added.stdout).toBe('');
        expect(added.stderr).toMatch(/^dockpass: /m);
      }
    }
    const names = (
      JSON.parse((await home.must(['user', 'list', '--json'])).stdout) as { name: string }[]
    ).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...done, 'first']));
    expect(failed.length).toBeGreaterThan(0);
    expect((await home.must(['audit', '--verify'])).status).toBe(0);
  });
});

needs('strace')('a server whose every 17th write or sync fails', () => {
  it('gives tokens, and says of no session that it is there, or is gone, that is not', async () => {
    const server = await startServe({ config: publicly });
    await server.addUser('alice', password);
    const calls = 'pwrite64,fdatasync,fsync';
    const words = ['-f', '-qq', '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO:when=3+17`];
    const log = join(server.directory, 'strace.log');
    const tracer = await start(part('strace'), [...words, '-o', log, '-p', String(server.process.pid)]);
    await until('strace to hold it', { part: tracer }, async () => isTraced(server.process.pid) || undefined);

    const [given, gone, unsure]: [string[], string[], string[]] = [[], [], []];
    for (let round = 0; round < 40; round++) {
      const login = await logIn(server);
      expect(login.status).toBe(200);
      const { refresh_token: session } = (await login.json()) as { refresh_token?: string };
      // Without a session docker keeps the password: no login is stopped by a disk.
      if (session === undefined) continue;
      if (round % 2 === 0) given.push(session);
      else {
        const revoked = await revoke(server, session);
        if (revoked.status !== 200) await expectClean5xx(revoked);
        (revoked.status === 200 ? gone : unsure).push(session);
      }
    }
    expect(readFileSync(log, 'utf8')).toContain('INJECTED');
    expect(given.length).toBeGreaterThan(0);
    expect(unsure.length).toBeGreaterThan(0);
    await tracer.stop();
    for (const session of given) expect(await resume(server, session)).toBe(200);
    for (const session of gone) expect(await resume(server, session)).toBe(401);
    expect((await revoke(server, given[0] ?? '')).status).toBe(200);
    expect((await server.must(['audit', '--verify'])).status).toBe(0);
  });
});

/** A login that asks for a session, which is written down before the answer. */
function logIn(server: DockpassServer): Promise<Response> {
  return fetch(`http://localhost:${server.port}/auth/token?service=registry&offline_token=true`, {
    headers: { authorization: basic('alice', password) },
  });
}

function revoke(server: DockpassServer, token: string): Promise<Response> {
  const body = new URLSearchParams({ token });
  return fetch(`http://localhost:${server.port}/auth/revoke`, { method: 'POST', body });
}

async function resume(server: DockpassServer, session: string): Promise<number> {
  const form = { grant_type: 'refresh_token', service: 'registry', client_id: 't', refresh_token: session };
  const body = new URLSearchParams(form);
  return (await fetch(`http://localhost:${server.port}/auth/token`, { method: 'POST', body })).status;
}

async function expectClean5xx(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  expect(errors).toMatchObject([{ code: 'UNAVAILABLE', message: expect.any(String) as string }]);
}

function isTraced(pid: number): boolean {
  return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

it('a key file that is lost while the server runs changes nothing until somebody mends it', async () => {
  const server = await startServe({ config: publicly });
  const keys = join(server.directory, 'keys');
  const [leaves = ''] = (await readdir(keys)).filter((name) => name.startsWith('leaves-'));
  await writeFile(join(keys, 'leaves-2.pem'), 'garbled', { mode: 0o600 });
  await server.process.line(/key files cannot be read/);
  expect(await statusOf(server, '127.0.0.1')).toBe(200);
  await rm(join(keys, 'leaves-2.pem'));
  await server.process.line(/key files can be read again/);
  expect(await readdir(keys)).toContain(leaves);
});
