import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requestOf } from './cases.ts';
import { stopAll } from './child.ts';
import { floodScript, type FloodResult } from './flood-script.ts';
import { makeHome } from './home.ts';
import { throttleMemory } from './throttle-memory.ts';
import { load } from './wrk.ts';

/**
 * `npm run bench:flood`: sends wrong passwords as fast as the server answers, each for another name and from another
 * address, so that no rate limit applies. At the same time, a fleet logs in with an access token. Then measures how
 * much memory the failed login attempts of a million names need.
 */

/** The target for the p99 of the fleet, in milliseconds. */
const highestP99 = 100;
const seconds = 10;
const attackers = 64;

const home = await makeHome(new URL('../bin/dockpass.js', import.meta.url).pathname);
try {
  const server = home.start();
  await server.line(/token server ready/);
  const tokenLogin = requestOf('access token', home.target);
  await load(home.origin, tokenLogin, 2, home.directory);
  const quiet = await load(home.origin, tokenLogin, seconds, home.directory);
  const before = server.residentMemory();
  const flooding = flood();
  const flooded = await load(home.origin, tokenLogin, seconds, home.directory);
  const { statuses, withoutRetryAfter } = await flooding;
  const after = server.residentMemory();
  await server.stop();

  const all = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const share = ([status, count]: readonly [number, number]): string =>
    `${status}: ${count} (${((100 * count) / all).toFixed(1)} %)`;
  print(
    `password flood, ${attackers} connections, ${seconds} s: ${all} answers, ${[...statuses].map(share).join(', ')}`,
  );
  print(`503 answers without Retry-After: ${withoutRetryAfter}`);
  for (const [when, { perSecond, p50, p99, failed }] of [
    ['before the flood', quiet],
    ['during the flood', flooded],
  ] as const)
    print(`fleet ${when}: ${perSecond} logins/s, p50 ${p50} ms, p99 ${p99} ms, ${failed} failed`);
  print(`resident memory: ${megabytes(before)} before, ${megabytes(after)} after`);
  const isMet = flooded.p99 < highestP99 && flooded.failed === 0 && withoutRetryAfter === 0;
  print(
    `p99 below ${highestP99} ms, no failed login, Retry-After in each 503 answer: ${isMet ? 'ok' : 'MISSED'}`,
  );

  const { capacity, at } = await throttleMemory(20_000, 1_000_000);
  for (const { names, entries, heap } of at)
    print(`throttle after ${names.toLocaleString('en-US')} names: ${entries} entries, ${megabytes(heap)}`);
  const isBounded = at.every(({ entries }) => entries <= capacity);
  print(`at most ${capacity} entries: ${isBounded ? 'ok' : 'MISSED'}`);
  if (!isMet || !isBounded) process.exitCode = 1;
} finally {
  await stopAll();
  await home.remove();
}

async function flood(): Promise<FloodResult> {
  const script = join(home.directory, 'flood.lua');
  await writeFile(script, floodScript(home.target.endpoint));
  const args = ['-t1', `-c${attackers}`, `-d${seconds}s`, '-s', script, home.origin];
  const { stdout } = await promisify(execFile)('wrk', args);
  const found = [...stdout.matchAll(/^STATUS (\d+) (\d+)$/gm)];
  const missing = /^WITHOUT RETRY-AFTER (\d+)$/m.exec(stdout)?.[1];
  if (found.length === 0 || missing === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
  return {
    statuses: new Map(found.map(([, status, count]) => [Number(status), Number(count)])),
    withoutRetryAfter: Number(missing),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
