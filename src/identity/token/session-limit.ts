import { createLru } from '../../cache/lru.ts';
import type { RefreshToken, RefreshTokens } from '../../store/store.ts';
import type { LastUseRecorder } from './last-use.ts';

/**
 * The largest number of sessions of one user. It is far above what people need, but it bounds the table if a build logs
 * in with `docker login` each time that it runs.
 */
export const maxSessions = 10_000;
/** The number of sessions of a user stays within the limit if at most this many servers share a database. */
const maxServers = 20;
/** The largest number of sessions that one call returns. After an upgrade, a user may have many more than allowed. */
const maxExcess = 500;
/**
 * The number of candidates from which the least recently used session is chosen. The store learns of the last use of a
 * session with a delay, so the session that looks least recently used may be in use.
 */
const extraCandidates = 100;
/** The largest number of users in the cache `uncounted`. */
const maxUsers = 10_000;

/**
 * Returns a function to call each time a user has begun a session. If the user now has too many sessions, it returns
 * those that must end, sorted by their last use, the oldest use first. It does not count the sessions at each login: if
 * a user has far fewer sessions than the limit, it counts them again only after several logins.
 * @param limit the largest number of sessions of one user
 */
export function createSessionLimit(
  tokens: Pick<RefreshTokens, 'countOf' | 'leastRecentlyUsedOf'>,
  lastUses: Pick<LastUseRecorder, 'latestUseAt'>,
  limit = maxSessions,
): (begun: RefreshToken) => Promise<RefreshToken[]> {
  /** For each user, how many more sessions can begin on this server before it must count the user's sessions again. */
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
