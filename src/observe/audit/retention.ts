import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { AuditLog } from '../../store/store.ts';
import type { Log } from '../log.ts';

/** The interval in milliseconds at which old events are deleted. */
const intervalMs = 60 * 60 * 1000;
/**
 * The pause in milliseconds after each batch of deletions. During the pause, the server can answer requests for tokens.
 */
const pauseMs = 20;

export interface Retention {
  /** The maximum age of an event, in seconds. */
  readonly keep: number;
  readonly maxEvents: number;
}

/**
 * Deletes the oldest events of the audit log if they are too old or too many: once at the start, then every hour.
 * @returns a function that stops the deletions and waits for a run that is in progress
 */
export function startAuditRetention(
  auditLog: Pick<AuditLog, 'prune'>,
  { keep, maxEvents }: Retention,
  clock: Clock,
  log: Log,
): () => Promise<void> {
  const stopping = new AbortController();
  const prune = async (): Promise<void> => {
    try {
      while (!stopping.signal.aborted && (await auditLog.prune(clock() - keep * 1000, maxEvents)) > 0) {
        await wait(pauseMs, undefined, { signal: stopping.signal });
      }
    } catch (error) {
      if (!stopping.signal.aborted)
        log.error('cannot delete old events from the audit log; trying again in an hour', error);
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
