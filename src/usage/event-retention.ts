import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

/** The interval in milliseconds at which old events are deleted. */
const intervalMs = 10 * 60 * 1000;
/** The pause in milliseconds after each batch of deletions. During the pause, the server can answer requests. */
const pauseMs = 20;
/**
 * Events are stored for at least this many milliseconds, so that an event is recognized if the registry sends it again,
 * and can be joined with events that arrive later.
 */
const minimumMs = 60 * 60 * 1000;

/**
 * Deletes the events that were received more than `keepRaw` seconds ago: once at the start, then every interval. Their
 * counts stay.
 * @returns a function that stops the deletions and waits for a run that is in progress
 */
export function startEventRetention(
  { usage }: Pick<Store, 'usage'>,
  keepRaw: number,
  clock: Clock,
  log: Log,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const keepMs = Math.max(minimumMs, keepRaw * 1000);
  const prune = async (): Promise<void> => {
    try {
      while (!signal.aborted && (await usage.prune(clock() - keepMs)) > 0)
        await wait(pauseMs, undefined, { signal });
    } catch (error) {
      if (!signal.aborted)
        log.error('cannot delete old events of the registry; trying again in 10 minutes', error);
    }
  };
  let pruning = prune();
  const timer = setInterval(() => void (pruning = pruning.then(prune)), intervalMs).unref();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await pruning;
  };
}
