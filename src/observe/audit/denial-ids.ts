import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import { createEventId } from '../../audit/event-id.ts';

/** Milliseconds in which refusals of the same kind share an id. */
const window = 60_000;
/** The capacity of the LRU. At least the 10,000 kinds that were used last stay in it; others get a new id. */
const capacity = 20_000;

/**
 * The id of a refusal, by what the client shows of itself and how it was refused. The same for a minute, and never
 * dependent on the name or the password that was tried: the answers to an unknown user and to a wrong password stay
 * the same bytes (attack matrix, 49).
 */
export function createDenialIds(clock: Clock): (kind: string) => string {
  const known = createLru<{ readonly id: string; readonly until: number }>(capacity);
  return (kind) => {
    const now = clock();
    const entry = known.get(kind);
    if (entry !== undefined && now < entry.until) return entry.id;
    const id = createEventId(now);
    known.set(kind, { id, until: now + window });
    return id;
  };
}
