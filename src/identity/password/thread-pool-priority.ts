import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of nice(2). Under contention a third of what the event loop gets: a password waits longer, and no token for it. */
const steps = 5;
/** There is nothing nicer. */
const nicest = 19;

/**
 * Puts the threads of node's pool, where passwords are hashed (and files read, and names asked for), behind the event
 * loop, with which they would otherwise share the processors evenly. Linux only, and from libuv 1.50 on, which names its
 * threads; elsewhere all stay equal.
 */
export function lowerHashPriority(): void {
  for (const thread of threads()) {
    try {
      if (readFileSync(`/proc/self/task/${thread}/comm`, 'utf8') === 'libuv-worker\n')
        setPriority(Number(thread), Math.min(nicest, getPriority() + steps));
    } catch {
      // It has just ended, or a sandbox forbids it: a courtesy, no need.
    }
  }
}

function threads(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}
