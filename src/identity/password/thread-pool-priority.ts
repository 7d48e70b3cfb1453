import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * dockpass adds this number to the nice value (see nice(2)) of each thread in Node's thread pool. If all processors are
 * busy, such a thread gets about a third of the processor time that the event loop gets. Logins then take longer, but
 * issuing tokens does not.
 */
const niceIncrement = 5;
/** The highest nice value that Linux allows, which means the lowest priority. */
const lowestPriority = 19;

/**
 * Gives the threads of Node's thread pool a lower priority than the event loop. These threads hash passwords, and the
 * event loop issues tokens. With equal priorities, password hashes would take processor time away from tokens. The
 * lower priority also applies to reading files and resolving host names, because the same threads do this work.
 *
 * This works on Linux with libuv 1.50 and newer, which names its threads. On other systems, the function does nothing.
 */
export function lowerThreadPoolPriority(): void {
  for (const thread of listThreadIds()) {
    try {
      if (readFileSync(`/proc/self/task/${thread}/comm`, 'utf8') === 'libuv-worker\n')
        setPriority(Number(thread), Math.min(lowestPriority, getPriority() + niceIncrement));
    } catch {
      // The thread has just ended, or a sandbox forbids the call. Dockpass also works without the lower priority.
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
