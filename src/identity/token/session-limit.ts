import { createLru } from '../../cache/lru.ts';
import type { RefreshToken, RefreshTokens } from '../../store/store.ts';
import type { LastUseRecorder } from './last-use.ts';

/**
 * The largest number of sessions of one user. People need far fewer. But a build may log in with `docker login` each
 * time that it runs, and without a limit, the table of sessions would then grow forever.
 */
export const maxSessions = 10_000;
/**
 * The limit of sessions holds if at most this many servers share one database. Each server lets a user begin at most
 * one twentieth of the remaining sessions before it counts the user's sessions again.
 */
const maxServers = 20;
/**
 * The largest number of sessions that must end when a user begins one session. A user may have far more sessions than
 * the limit if they began before an upgrade of dockpass.
 */
const maxExcess = 500;
/**
 * The number of sessions that are read from the store in addition to the number of those that must end. The store
 * learns of the last use of a session with a delay, so the session that looks least recently used there may be in use.
 * This server knows newer times of use, and uses them to choose from the sessions that were read.
 */
const extraCandidates = 100;
/** The largest number of users for whom the cache stores how many sessions can begin before they are counted again. */
const maxUsers = 10_000;

/**
 * Returns a function that must be called each time a user has begun a session. If the user now has too many sessions,
 * this function returns the sessions that must end, the least recently used one first. It does not count the sessions
 * at each login: if it finds far fewer sessions than the limit, it counts them again only after several logins of this
 * user.
 * @param limit the largest number of sessions of one user
 */
export function createSessionLimit(
  tokens: Pick<RefreshTokens, 'countOf' | 'leastRecentlyUsedOf'>,
  lastUses: Pick<LastUseRecorder, 'latestUseAt'>,
  limit = maxSessions,
): (begun: RefreshToken) => Promise<RefreshToken[]> {
  /**
   * For each user, how many more sessions can begin on this server before the sessions of the user must be counted in
   * the store again.
   */
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
