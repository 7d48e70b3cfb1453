import { createLru } from '../cache/lru.ts';

/**
 * The limit of sessions holds if at most this many servers share one database. Each server lets a holder begin at most
 * one twentieth of the remaining sessions before it counts the sessions of the holder again.
 */
const maxServers = 20;
/** The largest number of holders for whom this server knows how many sessions can begin before they are counted again. */
const maxHolders = 10_000;

/**
 * Returns a function that must be called each time a session of a holder has begun. It returns by how many the sessions
 * of the holder exceed the limit, at least 0. It rarely counts: if it finds far fewer sessions than the limit, it counts
 * again only after several logins of this holder.
 * @param countOf counts the sessions of a holder in the store
 * @param limit the largest number of sessions of one holder
 */
export function createExcessCounter(
  countOf: (holder: string) => Promise<number>,
  limit: number,
): (holder: string) => Promise<number> {
  const uncounted = createLru<number>(maxHolders);
  return async (holder) => {
    const remaining = uncounted.get(holder) ?? 0;
    if (remaining > 0) {
      uncounted.set(holder, remaining - 1);
      return 0;
    }
    const count = await countOf(holder);
    uncounted.set(holder, Math.max(0, Math.floor((limit - count) / maxServers) - 1));
    return Math.max(0, count - limit);
  };
}
