import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { lowerThreadPoolPriority } from '../../../../src/identity/password/thread-pool-priority.ts';

/** Returns the name and the niceness of each thread of this process, as `ps -L -o lwp,comm,nice` shows them. */
function niceness(): ReadonlyMap<string, { readonly name: string; readonly nice: number }> {
  const all = readdirSync('/proc/self/task').map((id) => {
    try {
      const text = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
      const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(text) ?? [];
      return [id, { name, nice: Number(rest.split(' ')[16]) }] as const;
    } catch {
      // The thread has ended since the directory was read.
      return [id, { name: '', nice: 0 }] as const;
    }
  });
  return new Map(all.filter(([, { name }]) => name !== ''));
}

const [major, minor] = process.versions.uv.split('.').map(Number);
const isNamed = process.platform === 'linux' && (major ?? 0) >= 1 && (minor ?? 0) >= 50;

test.skipIf(!isNamed)('lowers the priority of only the threads that hash passwords', async () => {
  // libuv starts its thread pool when the first file is read.
  await readFile('/proc/self/stat');
  const before = niceness();
  lowerThreadPoolPriority();
  const after = niceness();
  const pool = [...after].filter(([, { name }]) => name === 'libuv-worker');
  expect(pool.length).toBeGreaterThan(0);
  for (const [, { nice }] of pool) expect(nice).toBe(Math.min(19, getPriority() + 5));
  for (const [id, { name, nice }] of before)
    if (name !== 'libuv-worker' && after.has(id)) expect(after.get(id)?.nice).toBe(nice);
});
