import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** nice(2). Under contention a third of what the event loop gets: a login by password waits longer, and no token for it. */
const niceness = 5;

/**
 * Puts the threads of node's pool, where passwords are hashed, behind the event loop, with which they would otherwise
 * share the processors evenly. Linux only, and from libuv 1.50 on, which names its threads; elsewhere all stay equal.
 */
export function hashesGiveWay(): void {
  try {
    for (const thread of readdirSync('/proc/self/task'))
      if (readFileSync(`/proc/self/task/${thread}/comm`, 'utf8') === 'libuv-worker\n')
        setPriority(Number(thread), niceness);
  } catch {
    // No /proc, or a sandbox that forbids it: a courtesy, no need.
  }
}
