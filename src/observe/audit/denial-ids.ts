import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import { createEventId } from '../../audit/event-id.ts';

/** Milliseconds during which denials of the same kind share one id. */
const windowMs = 60_000;
/** The capacity of the LRU. At least the 10,000 kinds that were used last stay in it; others get a new id. */
const capacity = 20_000;

/**
 * Creates the function that returns the id of a denial, given its kind: what is known about the client, and the error
 * code. The id stays the same for a minute. It does not depend on the name or password that the client sent. Otherwise
 * the answers to an unknown user and to a wrong password would differ, and reveal which users exist.
 */
export function createDenialIds(clock: Clock): (kind: string) => string {
  const cache = createLru<{ readonly id: string; readonly until: number }>(capacity);
  return (kind) => {
    const now = clock();
    const entry = cache.get(kind);
    if (entry !== undefined && now < entry.until) return entry.id;
    const id = createEventId(now);
    cache.set(kind, { id, until: now + windowMs });
    return id;
  };
}
