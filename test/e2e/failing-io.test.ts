import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dockpassHome, startServe } from '../support/dockpass/dockpass.ts';
import { repository } from '../support/run/environment.ts';
import { needs, part } from '../support/run/parts.ts';
import { start } from '../support/process/process.ts';
import { until } from '../support/process/ready.ts';
import { run } from '../support/process/run.ts';
import { expectClean5xx, logIn, resume, revoke } from '../support/dockpass/sessions.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

// The kernel says EIO to every Nth write: never a false success.

const password = 'correct horse battery staple';
const publicly = { publicDomains: ['127.0.0.1'] };

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
      const login = await logIn(server, password);
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

function isTraced(pid: number): boolean {
  return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
