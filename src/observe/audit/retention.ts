import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { AuditLog } from '../../store/store.ts';
import type { Log } from '../log.ts';

/** Milliseconds between two looks. */
const interval = 60 * 60 * 1000;
/** Milliseconds between two slices of a large pruning: tokens go first. */
const pause = 20;

export interface Retention {
  /** Seconds. */
  readonly keep: number;
  readonly maxEvents: number;
}

/** Keeps the audit log within its bounds: at the start and every hour. Returns what ends that. */
export function startAuditRetention(
  auditLog: Pick<AuditLog, 'prune'>,
  { keep, maxEvents }: Retention,
  clock: Clock,
  log: Log,
): () => Promise<void> {
  const ending = new AbortController();
  const prune = async (): Promise<void> => {
    try {
      while (!ending.signal.aborted && (await auditLog.prune(clock() - keep * 1000, maxEvents)) > 0) {
        await wait(pause, undefined, { signal: ending.signal });
      }
    } catch (error) {
      if (!ending.signal.aborted)
        log.error('the audit log cannot be pruned; it is tried again in an hour', error);
    }
  };
  let pruning = prune();
  const timer = setInterval(() => void (pruning = pruning.then(prune)), interval).unref();
  return async () => {
    clearInterval(timer);
    ending.abort();
    await pruning;
  };
}
