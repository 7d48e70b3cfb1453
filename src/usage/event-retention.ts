import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import { startPruning } from '../store/pruning.ts';
import type { Store } from '../store/store.ts';

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
  const keepMs = Math.max(minimumMs, keepRaw * 1000);
  return startPruning([() => usage.prune(clock() - keepMs)], (error) =>
    log.error('cannot delete old events of the registry; trying again in 10 minutes', error),
  );
}
