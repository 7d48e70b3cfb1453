import type { FederatedSession, FederatedSessions } from '../../../store/store.ts';
import { createExcessCounter } from '../../excess-sessions.ts';

/**
 * The largest number of sessions of one trust rule. One rule can serve all jobs of an organization: with the default
 * length of one hour, this is enough for five logins in each second. One session takes about 3 kB in the database.
 */
export const maxSessionsOfRule = 20_000;

/**
 * Returns a function that must be called each time a session of a rule has begun. It returns how many of the oldest
 * sessions of the rule must end. It rarely counts the sessions, see `createExcessCounter`. If there are too many, one
 * hundredth of the limit ends together, so that not each of the following logins must end one.
 * @param now returns seconds since the epoch
 */
export function createFederatedSessionLimit(
  sessions: Pick<FederatedSessions, 'countOf' | 'removeExpired'>,
  now: () => number,
  limit = maxSessionsOfRule,
): (begun: FederatedSession) => Promise<number> {
  const excessOf = createExcessCounter(async (rule) => {
    const count = await sessions.countOf(rule);
    // Sessions that are over stay in the table for up to an hour. They must not displace sessions that are in use.
    return count > limit && (await sessions.removeExpired(now())) > 0 ? sessions.countOf(rule) : count;
  }, limit);
  return async ({ rule }) => {
    const excess = await excessOf(rule);
    return excess === 0 ? 0 : excess + Math.floor(limit / 100);
  };
}
