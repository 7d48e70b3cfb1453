import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * By how much to raise the nice value (see nice(2)). If the processors are busy, a thread with this value gets about a
 * third of the event loop's time. Logins then take longer, but tokens do not.
 */
const niceIncrement = 5;
/** The highest nice value that Linux knows. */
const lowestPriority = 19;

/**
 * Gives the threads of Node's pool a lower priority than the event loop. Passwords are hashed on these threads, and
 * without this they would share the processors evenly with the event loop, which issues tokens. Files are read and host
 * names resolved there too.
 *
 * This works on Linux with libuv 1.50 and newer, which names its threads. Elsewhere it does nothing.
 */
export function lowerThreadPoolPriority(): void {
  for (const thread of listThreadIds()) {
    try {
      if (readFileSync(`/proc/self/task/${thread}/comm`, 'utf8') === 'libuv-worker\n')
        setPriority(Number(thread), Math.min(lowestPriority, getPriority() + niceIncrement));
    } catch {
      // The thread has just ended, or a sandbox forbids the call. Dockpass works without it.
    }
  }
}

function listThreadIds(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}
