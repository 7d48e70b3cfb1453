import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import { createEventId } from '../../audit/event-id.ts';

/** The time in milliseconds during which all denials of one client with one error code get the same id. */
const windowMs = 60_000;
/**
 * The maximum number of ids in the LRU cache. The cache has one id for each pair of a client and an error code. It
 * never drops the 10,000 ids (half of the maximum) that were used last. If the id of a pair was dropped, the next
 * denial of this pair gets a new id.
 */
const capacity = 20_000;

/**
 * Creates a function that returns the id of a denial. The caller passes it `kind`, a text that identifies the client
 * and the error code. All calls with the same `kind` within one minute return the same id.
 *
 * The error response contains the id. The response to an unknown user must be identical to the response to a wrong
 * password, so that it does not reveal which users exist. Therefore `kind` must not contain the name or the password
 * that the client sent.
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
