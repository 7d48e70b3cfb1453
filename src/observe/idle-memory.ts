import { channel } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * The interval in milliseconds at which the server checks whether it is idle. The start of the server takes less time
 * than this, and so does the first request.
 */
const intervalMs = 2000;
/** The event loop counts as idle if it was busy for at most this fraction of the time since the last check. */
const idleUtilization = 0.02;
/**
 * Each garbage collection after the first one runs only if the memory of the process has grown by at least this many
 * bytes since the previous garbage collection. If the memory has grown less, a garbage collection takes time but frees
 * little memory.
 */
const minGrowth = 64 * 1024 * 1024;

/**
 * Returns unused memory to the operating system while the server is idle. Without this function, the server works in
 * the same way, but uses more memory.
 *
 * Why: V8 keeps the memory that it allocated for the start or for a peak of requests, even if it no longer needs that
 * memory. A garbage collection lowers the memory of an idle server from 82 to 75 MB, and after a minute of load from
 * 302 to 127 MB (docs/adr/0037-idle-memory.md).
 *
 * How: the first garbage collection, which runs after the start, is of the kind that V8 calls "last resort". No other
 * kind returns the memory that was needed to load the modules. A "last resort" collection also discards compiled code,
 * and to compile this code again costs time. Therefore all further collections are regular ones. Before the first one,
 * files/code-cache.ts stores the compiled code for the next start.
 *
 * Why this is safe: a garbage collection stops the event loop for some milliseconds. It runs only if the event loop has
 * been idle since the last check, so only a request that arrives during the collection has to wait.
 * @returns a function that stops the checks
 */
export function releaseMemoryWhenIdle(): () => void {
  let collect: ((flavor: Flavor) => void) | undefined;
  let sizeAfterCollection: number | undefined;
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > idleUtilization) return;
    if (sizeAfterCollection !== undefined && process.memoryUsage.rss() < sizeAfterCollection + minGrowth)
      return;
    if (sizeAfterCollection === undefined) channel('dockpass:idle').publish(undefined);
    collect ??= createCollector();
    collect(sizeAfterCollection === undefined ? 'last-resort' : 'regular');
    sizeAfterCollection = process.memoryUsage.rss();
    last = performance.eventLoopUtilization();
  }, intervalMs).unref();
  return () => {
    clearInterval(timer);
  };
}

type Flavor = 'last-resort' | 'regular';
type Collector = (options: { readonly type: 'major'; readonly flavor: Flavor }) => void;

function createCollector(): (flavor: Flavor) => void {
  // V8 defines the function `gc` only in contexts that are created while the flag --expose-gc is set. The flag is set
  // only for this one context, so no other code can call `gc`.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collector;
  setFlagsFromString('--no-expose-gc');
  return (flavor) => gc({ type: 'major', flavor });
}
