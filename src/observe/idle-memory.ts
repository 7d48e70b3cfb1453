import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks. Longer than a start takes, and the first request after it. */
const interval = 2000;
/** The part of the time that the event loop was busy: below, nobody waits for what is done now. */
const idle = 0.02;
/** Bytes. Less is not worth a collection. */
const worthwhile = 4 * 1024 * 1024;

/**
 * Gives memory back to the system when there is nothing to do. What V8 took while modules loaded, or under a load that
 * is over, it keeps: some 15 MB after a start, a hundred and more after a load. Only a collection of the kind that it
 * does when memory runs out lets go of it.
 * @returns stops looking
 */
export function giveBackMemoryWhenIdle(): () => void {
  const collect = collector();
  let kept = 0;
  let last = performance.eventLoopUtilization();
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > idle || process.memoryUsage.rss() < kept + worthwhile) return;
    collect();
    kept = process.memoryUsage.rss();
    last = performance.eventLoopUtilization();
  };
  const timer = setInterval(look, interval).unref();
  return () => {
    clearInterval(timer);
  };
}

type Collector = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

function collector(): () => void {
  // gc is handed to contexts made while the flag is set: to this one, and none after.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collector;
  setFlagsFromString('--no-expose-gc');
  return () => gc({ type: 'major', flavor: 'last-resort' });
}
