import type { RefreshToken, RefreshTokens } from '../../store/store.ts';
import { createExcessCounter } from '../excess-sessions.ts';
import type { LastUseRecorder } from './last-use.ts';

/**
 * The largest number of sessions of one user. People need far fewer. But a build may log in with `docker login` each
 * time that it runs, and without a limit, the table of sessions would then grow without end.
 */
export const maxSessions = 10_000;
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

/**
 * Returns a function that must be called each time a user has begun a session. If the user now has too many sessions,
 * this function returns the sessions that must end, the least recently used one first. It rarely counts the sessions,
 * see `createExcessCounter`.
 * @param limit the largest number of sessions of one user
 */
export function createSessionLimit(
  tokens: Pick<RefreshTokens, 'countOf' | 'leastRecentlyUsedOf'>,
  lastUses: Pick<LastUseRecorder, 'latestUseAt'>,
  limit = maxSessions,
): (begun: RefreshToken) => Promise<RefreshToken[]> {
  const excessOf = createExcessCounter((user) => tokens.countOf(user), limit);
  return async (begun) => {
    const excess = Math.min(await excessOf(begun.user), maxExcess);
    if (excess === 0) return [];
    const lastUseOf = ({ hash, lastUse }: RefreshToken): number =>
      Math.max(lastUse.at, lastUses.latestUseAt(hash) ?? 0);
    return (await tokens.leastRecentlyUsedOf(begun.user, excess + extraCandidates))
      .filter(({ hash }) => hash !== begun.hash)
      .sort((one, other) => lastUseOf(one) - lastUseOf(other))
      .slice(0, excess);
  };
}
