import { createLru } from '../../cache/lru.ts';
import type { RefreshToken, RefreshTokens } from '../../store/store.ts';
import type { LastUseRecorder } from './last-use.ts';

/**
 * The largest number of sessions of one user. It is far above what people need, but it bounds the table if a build logs
 * in with `docker login` each time that it runs.
 */
export const maxSessions = 10_000;
/** The limit is exact if no more than this many servers share a database. */
const maxServers = 20;
/** The largest number of sessions that one call returns. After an upgrade, a user may have many more than allowed. */
const maxExcess = 500;
/**
 * The number of candidates from which the least recently used session is chosen. The store learns of the last use of a
 * session with a delay, so the session that looks least recently used may be in use.
 */
const extraCandidates = 100;
/** The largest number of users for which a server remembers how many sessions they can begin before it counts again. */
const maxUsers = 10_000;

/**
 * Returns a function that finds the sessions that must end because a user has just begun another one, the least
 * recently used first. It does not count the sessions at each login. If a user has few sessions, the next logins cannot
 * reach the limit, so the function does not count for them.
 * @param limit the largest number of sessions of one user
 */
export function createSessionLimit(
  tokens: Pick<RefreshTokens, 'countOf' | 'leastRecentlyUsedOf'>,
  lastUses: Pick<LastUseRecorder, 'latestUseAt'>,
  limit = maxSessions,
): (begun: RefreshToken) => Promise<RefreshToken[]> {
  /** How many sessions each user can begin on this server before the sessions must be counted again. */
  const uncounted = createLru<number>(maxUsers);
  return async (begun) => {
    const { user } = begun;
    const remaining = uncounted.get(user) ?? 0;
    if (remaining > 0) {
      uncounted.set(user, remaining - 1);
      return [];
    }
    const count = await tokens.countOf(user);
    uncounted.set(user, Math.max(0, Math.floor((limit - count) / maxServers) - 1));
    const excess = Math.min(count - limit, maxExcess);
    if (excess <= 0) return [];
    const lastUseOf = ({ hash, lastUse }: RefreshToken): number =>
      Math.max(lastUse.at, lastUses.latestUseAt(hash) ?? 0);
    return (await tokens.leastRecentlyUsedOf(user, excess + extraCandidates))
      .filter(({ hash }) => hash !== begun.hash)
      .sort((one, other) => lastUseOf(one) - lastUseOf(other))
      .slice(0, excess);
  };
}
