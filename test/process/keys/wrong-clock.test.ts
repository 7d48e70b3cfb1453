import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { start } from '../../support/process/process.ts';
import { atAnotherTime } from '../../support/process/faketime.ts';
import { until, untilHttp } from '../../support/process/ready.ts';
import { needs } from '../../support/run/parts.ts';
import { dockpassBin } from '../../support/dockpass/dockpass.ts';

// The attack: one start, or one harmless command, while the clock of the machine is wrong. Afterwards the clock is right
// again, and registries must accept the tokens.

const config = { publicDomains: ['127.0.0.1'] };
const day = 24 * 60 * 60 * 1000;

/** Requests a token, and returns its leaf certificate. */
async function leafOfToken(server: DockpassServer): Promise<X509Certificate> {
  const answer = await fetch(`${server.url}/auth/token?service=registry&scope=repository:a:pull`);
  expect(answer.status).toBe(200);
  const { token } = (await answer.json()) as { token: string };
  const { x5c = [] } = decodeProtectedHeader(token) as { x5c?: string[] };
  return new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'));
}

function isValid({ validFromDate, validToDate }: X509Certificate, now = Date.now()): boolean {
  return validFromDate.getTime() <= now && now < validToDate.getTime();
}

async function readiness(server: DockpassServer) {
  const answer = await fetch(`${server.operationsUrl}/readyz`);
  const body = (await answer.json()) as {
    status: string;
    faults: string[];
    warnings: { code: string; message: string }[];
  };
  return { http: answer.status, ...body, codes: body.warnings.map(({ code }) => code) };
}

needs('faketime')('a clock that is 100 days ahead', () => {
  test('during a start and during "keys list" does not take the good leaf certificate away', async () => {
    const before = await startServe({ config });
    const good = (await leafOfToken(before)).fingerprint256;
    await before.process.stop();
    const { directory } = before;

    const ahead = await atAnotherTime('+100d');
    await before.must(['keys', 'list'], { env: ahead });
    const wrong = await startServe({ directory, env: ahead });
    expect(isValid(await leafOfToken(wrong), Date.now() + 100 * day)).toBe(true);
    await wrong.must(['user', 'add', 'alice', '--generate'], { env: ahead });
    await wrong.process.stop();

    // The events of the wrong time are now the newest ones in the database. This is visible, and the good key signs.
    const after = await startServe({ directory });
    const leaf = await leafOfToken(after);
    expect([leaf.fingerprint256, isValid(leaf)]).toEqual([good, true]);
    const ready = await readiness(after);
    expect([ready.http, ready.status, ready.faults]).toEqual([200, 'degraded', []]);
    expect(ready.codes).toEqual(expect.arrayContaining(['clock_implausible', 'leaf_not_yet_valid']));

    // A key is created only if an administrator says that the clock is right.
    const rejected = await after.cli(['keys', 'rotate']);
    expect(rejected).toMatchObject({ status: 1, stdout: '' });
    expect(rejected.stderr).toMatch(/before the newest event in the database .*keys rotate --trust-clock/);
    await after.must(['keys', 'rotate', '--trust-clock']);
    await after.must(['keys', 'rotate']);
    after.process.signal('SIGHUP');
    await after.process.line(/the problem clock_implausible is over/);
    expect((await readiness(after)).codes).toEqual(['leaf_not_yet_valid']);
    await after.process.stop();
    const settled = await startServe({ directory });
    expect((await readiness(settled)).codes).toEqual(['leaf_not_yet_valid']);
    const newest = await until('the new key to sign', {}, async () => {
      const used = await leafOfToken(settled);
      return used.fingerprint256 === good ? undefined : used;
    });
    expect(isValid(newest)).toBe(true);
  });

  test('does not create leaf certificates each time that the keys are listed', async () => {
    const home = await dockpassHome({ config });
    await home.must(['keys', 'create', '--new-authority']);
    const files = await readdir(join(home.directory, 'keys'));
    await home.must(['keys', 'list'], { env: await atAnotherTime('+100d') });
    await home.must(['keys', 'export'], { env: await atAnotherTime('+100d') });
    expect(await readdir(join(home.directory, 'keys'))).toEqual(files);
  });
});

needs('faketime')('a clock that is behind', () => {
  test('before the day of the build: a first start creates no keys and names the fix', async () => {
    const home = await dockpassHome({ config });
    for (const args of [
      ['serve'],
      ['keys', 'create', '--new-authority'],
      ['init', '--out', 'out', '--public-domain', 'a.example'],
    ]) {
      const { status, stderr } = await home.cli(args, { env: await atAnotherTime('-800d') });
      expect([args, status]).toEqual([args, 1]);
      expect(stderr).toMatch(/before the day on which this version of dockpass was built .*timedatectl/);
    }
    const created = await readdir(join(home.directory, 'keys')).catch(() => []);
    expect(created.filter((name) => name.endsWith('.pem'))).toEqual([]);
  });

  test('at a start: no token is signed with a certificate that is not valid yet, and /readyz says so', async () => {
    const before = await startServe({ config });
    await leafOfToken(before);
    await before.process.stop();
    const files = await readdir(join(before.directory, 'keys'));
    const env = { ...before.env, ...(await atAnotherTime('-100d')) };
    const running = await start(process.execPath, [dockpassBin, 'serve'], { cwd: before.directory, env });
    await untilHttp(`${before.operationsUrl}/readyz`, { part: running, status: 503 });
    const ready = await readiness(before);
    expect([ready.status, ready.codes]).toEqual([
      'not ready',
      expect.arrayContaining(['clock_implausible', 'leaf_not_yet_valid']),
    ]);
    expect(ready.faults).toEqual([expect.stringMatching(/certificate authority is valid from /)]);
    // The denial is an event of the wrong time. It does not make this time plausible.
    for (let round = 0; round < 3; round++) {
      const answer = await fetch(`${before.url}/auth/token?service=registry&scope=repository:a:pull`);
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('/readyz')]);
    }
    await running.stop();
    expect(await readdir(join(before.directory, 'keys'))).toEqual(files);
    const after = await startServe({ directory: before.directory });
    expect(isValid(await leafOfToken(after))).toBe(true);
  });
});
