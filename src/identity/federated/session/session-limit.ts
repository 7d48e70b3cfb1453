import { createLru } from '../../../cache/lru.ts';
import type { FederatedSession, FederatedSessions } from '../../../store/store.ts';

/**
 * The largest number of sessions of one trust rule. One rule can serve all jobs of an organization: with the default
 * length of one hour, this is enough for five logins in each second. One session takes about 3 kB in the database.
 */
export const maxSessionsOfRule = 20_000;
/** As for users, the limit holds if at most this many servers share one database. */
const maxServers = 20;
/** The largest number of rules for which this server knows how many sessions can begin before they are counted again. */
const maxRules = 10_000;

/**
 * Returns a function that must be called each time a session of a rule has begun. It returns how many of the oldest
 * sessions of the rule must end. It rarely counts: if it finds far fewer sessions than the limit, it counts again only
 * after several logins. If there are too many sessions, one hundredth of the limit ends together, so that not each of
 * the following logins must end one.
 * @param now returns seconds since the epoch
 */
export function createFederatedSessionLimit(
  sessions: Pick<FederatedSessions, 'countOf' | 'removeExpired'>,
  now: () => number,
  limit = maxSessionsOfRule,
): (begun: FederatedSession) => Promise<number> {
  const uncounted = createLru<number>(maxRules);
  return async ({ rule }) => {
    const remaining = uncounted.get(rule) ?? 0;
    if (remaining > 0) {
      uncounted.set(rule, remaining - 1);
      return 0;
    }
    let count = await sessions.countOf(rule);
    // Sessions that are over stay in the table for up to an hour. They must not displace sessions that are in use.
    if (count > limit && (await sessions.removeExpired(now())) > 0) count = await sessions.countOf(rule);
    uncounted.set(rule, Math.max(0, Math.floor((limit - count) / maxServers) - 1));
    return count <= limit ? 0 : count - limit + Math.floor(limit / 100);
  };
}
