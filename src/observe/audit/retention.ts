import type { Clock } from '../../clock.ts';
import { startPruning } from '../../store/pruning.ts';
import { auditChains, type AuditLog } from '../../store/store.ts';
import type { Log } from '../log.ts';

export interface Retention {
  /** The maximum age of an event, in seconds. */
  readonly keep: number;
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** The share of `maxEvents` and `maxBytes` for unproven events: denied requests, and tokens for anonymous clients. */
const unprovenShare = 1 / 4;

/**
 * Deletes the oldest events of the audit log if they are too old or too many: once at the start, then every interval.
 * Unproven events (denied requests, and tokens for anonymous clients) have their own hash chain. Each of the two chains
 * has its own share of the limits, so that unproven events, which anyone can cause, never displace other events.
 * @returns a function that stops the deletions and waits for a run that is in progress
 */
export function startAuditRetention(
  auditLog: Pick<AuditLog, 'prune'>,
  { keep, maxEvents, maxBytes }: Retention,
  clock: Clock,
  log: Log,
): () => Promise<void> {
  const unproven = {
    maxEvents: Math.floor(maxEvents * unprovenShare),
    maxBytes: Math.floor(maxBytes * unprovenShare),
  };
  const limits = {
    unproven,
    proven: { maxEvents: maxEvents - unproven.maxEvents, maxBytes: maxBytes - unproven.maxBytes },
  };
  return startPruning(
    auditChains.map(
      (chain) => () => auditLog.prune({ before: clock() - keep * 1000, ...limits[chain] }, chain),
    ),
    (error) => log.error('cannot delete old events from the audit log; trying again in 10 minutes', error),
  );
}
