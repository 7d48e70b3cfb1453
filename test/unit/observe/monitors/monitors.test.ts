import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createAuthority } from '../../../../src/keys/create-keys.ts';
import { certificateMonitor } from '../../../../src/observe/monitors/certificate.ts';
import { clockJumpMonitor } from '../../../../src/observe/monitors/clock-jump.ts';
import { diskSpaceMonitor } from '../../../../src/observe/monitors/disk-space.ts';
import { robotMonitor } from '../../../../src/observe/monitors/robots.ts';
import { startHealthChecks, type Warning } from '../../../../src/observe/monitors/health-checks.ts';
import { noLog } from '../../../../src/observe/log.ts';
import type { Robot } from '../../../../src/store/store.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

/** One day in seconds. */
const day = 24 * 60 * 60;

describe('a monitor', () => {
  test('warns of the certificate two weeks before it expires', async () => {
    const clock = fakeClock();
    const { certificate } = await createAuthority(new Date(clock()), new Date(clock() + 30 * day * 1000));
    const path = join(await temporaryDirectory('certificate'), 'tls.crt');
    await writeFile(path, certificate.toString());
    const monitor = certificateMonitor(path, clock);
    expect(await monitor()).toEqual([]);
    clock.advance(17 * day);
    expect(await monitor()).toMatchObject([
      { code: 'tls_near_end', problem: expect.stringContaining(path) as string },
    ]);
  });

  test('warns of robots that expire soon, until they are renewed', async () => {
    const clock = fakeClock();
    const end = Math.floor(clock() / 1000) + 20 * day;
    let robot: Robot = { name: 'ci', only: [], disabled: false, createdAt: 0, expiresAt: end, lastUse: null };
    let changes = 0;
    const robots = { list: () => Promise.resolve([robot]) } as never;
    const monitor = robotMonitor({ robots, changes: () => changes }, clock);
    expect(await monitor()).toEqual([]);
    clock.advance(7 * day);
    expect(await monitor()).toMatchObject([
      {
        code: 'robot_near_end',
        problem: expect.stringMatching(/^1 robot expires within two weeks/) as string,
        details: 'These robots expire soon: ci (in 13 days).',
      },
    ]);
    robot = { ...robot, expiresAt: end + 365 * day };
    changes++;
    expect(await monitor()).toEqual([]);
  });

  test('warns if the clock was set, but not if time passes', () => {
    const clock = fakeClock();
    let monotonic = 0;
    const monitor = clockJumpMonitor(clock, () => monotonic);
    const pass = (wall: number, real: number): readonly Warning[] => {
      clock.advance(wall);
      monotonic += real * 1000;
      return monitor() as readonly Warning[];
    };
    expect(pass(15, 15)).toEqual([]);
    expect(pass(3600 + 15, 15)).toMatchObject([
      { code: 'clock_jumped', problem: expect.stringContaining('3600 s') as string },
    ]);
    expect(pass(15, 15)).toHaveLength(1);
    expect(pass(3700, 3700)).toEqual([]);
  });

  test('does not warn of a disk with enough free space', async () => {
    expect(await diskSpaceMonitor(await temporaryDirectory('room'))()).toEqual([]);
  });

  test('that fails stops neither the other monitors nor the server', async () => {
    const seen: Warning = { code: 'leaf_near_end', problem: 'soon', impact: 'none', fix: 'wait' };
    const logged: unknown[] = [];
    const log = { ...noLog, error: (message: string) => void logged.push(message) };
    const healthChecks = await startHealthChecks(
      [() => [seen], () => Promise.reject(new Error('gone'))],
      log,
    );
    healthChecks.close();
    expect(logged).toHaveLength(1);
    expect(healthChecks.warnings()).toEqual([seen]);
  });
});
