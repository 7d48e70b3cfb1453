import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockpassHome, startServe } from '../support/dockpass/dockpass.ts';
import { repository } from '../support/run/environment.ts';
import { needs, part } from '../support/run/parts.ts';
import { start } from '../support/process/process.ts';
import { until } from '../support/process/ready.ts';
import { run } from '../support/process/run.ts';
import { expectClean5xx, logIn, resume, revoke } from '../support/dockpass/sessions.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

// strace makes the Nth write or sync, or every 17th one, fail with EIO. dockpass must never report success for a change
// that was not stored.

const password = 'correct horse battery staple';
const publicConfig = { publicDomains: ['127.0.0.1'] };

needs('strace')('a command whose Nth write or sync fails', () => {
  test('never reports success for a change that was not stored', { timeout: 120_000 }, async () => {
    const home = await dockpassHome({ directory: await temporaryDirectory('failing'), config: publicConfig });
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
  test('issues tokens, and never reports a session as created or revoked if it is not', async () => {
    const server = await startServe({ config: publicConfig });
    await server.addUser('alice', password);
    const calls = 'pwrite64,fdatasync,fsync';
    const args = ['-f', '-qq', '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO:when=3+17`];
    const log = join(server.directory, 'strace.log');
    const tracer = await start(part('strace'), [...args, '-o', log, '-p', String(server.process.pid)]);
    await until('strace to attach', { part: tracer }, async () => isTraced(server.process.pid) || undefined);

    const [active, ended, unconfirmed]: [string[], string[], string[]] = [[], [], []];
    for (let round = 0; round < 40; round++) {
      const login = await logIn(server, password);
      expect(login.status).toBe(200);
      const { refresh_token: session } = (await login.json()) as { refresh_token?: string };
      // If the session cannot be stored, the login succeeds without one, and docker stores the password instead.
      if (session === undefined) continue;
      if (round % 2 === 0) active.push(session);
      else {
        const revoked = await revoke(server, session);
        if (revoked.status !== 200) await expectClean5xx(revoked);
        (revoked.status === 200 ? ended : unconfirmed).push(session);
      }
    }
    expect(readFileSync(log, 'utf8')).toContain('INJECTED');
    expect(active.length).toBeGreaterThan(0);
    expect(unconfirmed.length).toBeGreaterThan(0);
    await tracer.stop();
    for (const session of active) expect(await resume(server, session)).toBe(200);
    for (const session of ended) expect(await resume(server, session)).toBe(401);
    expect((await revoke(server, active[0] ?? '')).status).toBe(200);
    expect((await server.must(['audit', '--verify'])).status).toBe(0);
  });
});

function isTraced(pid: number): boolean {
  return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
