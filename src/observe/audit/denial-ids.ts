import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import { createEventId } from '../../audit/event-id.ts';

/** For this many milliseconds, all denials of the same client with the same error code get the same id. */
const windowMs = 60_000;
/**
 * The capacity of the LRU cache in ids. The cache always holds at least the 10,000 ids that were used last. If an id
 * was dropped, the next denial of the same client with the same error code gets a new id.
 */
const capacity = 20_000;

/**
 * Creates the function that returns the id of a denial. The parameter `kind` of the function combines what is known
 * about the client with the error code. For one minute, equal kinds get the same id. The id does not depend on the name
 * or password that the client sent, because the answers to an unknown user and to a wrong password would then differ,
 * and reveal which users exist.
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
