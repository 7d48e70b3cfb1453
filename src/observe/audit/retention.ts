import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { auditChains, type AuditLog } from '../../store/store.ts';
import type { Log } from '../log.ts';

/** The interval in milliseconds at which old events are deleted. */
const intervalMs = 10 * 60 * 1000;
/**
 * The pause in milliseconds after each batch of deletions. During the pause, the server can answer requests for tokens.
 */
const pauseMs = 20;

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
  const stopping = new AbortController();
  const unproven = {
    maxEvents: Math.floor(maxEvents * unprovenShare),
    maxBytes: Math.floor(maxBytes * unprovenShare),
  };
  const limits = {
    unproven,
    proven: { maxEvents: maxEvents - unproven.maxEvents, maxBytes: maxBytes - unproven.maxBytes },
  };
  const prune = async (): Promise<void> => {
    try {
      for (const chain of auditChains) {
        const removeSome = () => auditLog.prune({ before: clock() - keep * 1000, ...limits[chain] }, chain);
        while (!stopping.signal.aborted && (await removeSome()) > 0)
          await wait(pauseMs, undefined, { signal: stopping.signal });
      }
    } catch (error) {
      if (!stopping.signal.aborted)
        log.error('cannot delete old events from the audit log; trying again in 10 minutes', error);
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
