import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks. Longer than a start takes, and the first request after it. */
const interval = 2000;
/** The part of the time that the event loop was busy: below, nobody waits for what is done now. */
const idle = 0.02;
/** Bytes by which it has grown since the last collection: less is not worth one. */
const worthwhile = 64 * 1024 * 1024;

/**
 * Gives memory back to the system when there is nothing to do. What V8 took while modules loaded, some 15 MB, it lets
 * go of only in a collection of the kind that it does when memory runs out; that one throws compiled code away too, so
 * it is done once, before the first load. What a load left behind goes in an ordinary one.
 * @returns stops looking
 */
export function releaseMemoryWhenIdle(): () => void {
  const collect = collector();
  let kept: number | undefined;
  let last = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > idle || (kept !== undefined && process.memoryUsage.rss() < kept + worthwhile)) return;
    collect(kept === undefined ? 'last-resort' : 'regular');
    kept = process.memoryUsage.rss();
    last = performance.eventLoopUtilization();
  }, interval).unref();
  return () => {
    clearInterval(timer);
  };
}

type Flavor = 'last-resort' | 'regular';
type Collector = (options: { readonly type: 'major'; readonly flavor: Flavor }) => void;

function collector(): (flavor: Flavor) => void {
  // gc is handed to contexts made while the flag is set: to this one, and none after.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collector;
  setFlagsFromString('--no-expose-gc');
  return (flavor) => gc({ type: 'major', flavor });
}
