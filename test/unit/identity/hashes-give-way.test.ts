import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hashesGiveWay } from '../../../src/identity/hashes-give-way.ts';

/** What `ps -L -o comm,nice` shows of this process. */
function niceness(): { readonly thread: string; readonly nice: number }[] {
  return readdirSync('/proc/self/task').map((id) => {
    const [, thread = '', rest = ''] =
      /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/self/task/${id}/stat`, 'utf8')) ?? [];
    return { thread, nice: Number(rest.split(' ')[16]) };
  });
}

const [major, minor] = process.versions.uv.split('.').map(Number);
const isNamed = process.platform === 'linux' && (major ?? 0) >= 1 && (minor ?? 0) >= 50;

test.skipIf(!isNamed)('what hashes passwords comes after what answers, and nothing else does', async () => {
  // The pool starts with the first file that is read.
  await readFile('/proc/self/stat');
  const before = niceness();
  hashesGiveWay();
  const pool = niceness().filter(({ thread }) => thread === 'libuv-worker');
  expect(pool.length).toBeGreaterThan(0);
  for (const { nice } of pool) expect(nice).toBe(5);
  const others = ({ thread }: { thread: string }): boolean => thread !== 'libuv-worker';
  expect(niceness().filter(others)).toEqual(before.filter(others));
});
