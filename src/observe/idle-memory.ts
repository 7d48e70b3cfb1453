import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two checks. A start takes less time, and so does the first request after it. */
const intervalMs = 2000;
/** The event loop is idle if it was busy for less than this part of the time. A collection then delays no request. */
const idleUtilization = 0.02;
/** Bytes by which the process must have grown since the last collection. For less, a collection is not worth its time. */
const minGrowth = 64 * 1024 * 1024;

/**
 * Returns unused memory to the operating system while the server is idle. The server works the same without it, but
 * uses more memory.
 *
 * Why: V8 keeps the memory that it allocated for a start or for a peak of requests, even if it no longer needs it.
 * Collecting it lowers the memory of an idle server from 82 to 75 MB, and after a minute of load from 302 to 127 MB
 * (docs/adr/0037-idle-memory.md).
 *
 * What: the first collection, after the start, is V8's "last resort", because no other kind returns the memory that
 * loading the modules took. It also discards compiled code, which would cost time later. All further collections are
 * therefore regular ones.
 *
 * How it is safe: a collection stops the event loop for some milliseconds. It runs only if the event loop was idle since
 * the last check, so at most a request that arrives in this moment waits.
 * @returns stops the checks
 */
export function releaseMemoryWhenIdle(): () => void {
  const collect = createCollector();
  let sizeAfterCollection: number | undefined;
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > idleUtilization) return;
    if (sizeAfterCollection !== undefined && process.memoryUsage.rss() < sizeAfterCollection + minGrowth)
      return;
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
  // V8 defines gc only in contexts that are created while the flag is set, so no other code can call it.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collector;
  setFlagsFromString('--no-expose-gc');
  return (flavor) => gc({ type: 'major', flavor });
}
