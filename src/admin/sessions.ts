import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { sessionEndsAt, type SessionLifetime } from '../identity/token/session-lifetime.ts';
import type { Ports, RefreshToken, Store } from '../store/store.ts';
import { change, quoted, secondsOf } from './change.ts';
import { findUser } from './users.ts';

/**
 * A session of a user: the refresh token that the client got at the login (docker calls it an identity token), and the
 * time at which the session ends.
 */
export interface Session extends RefreshToken {
  /** The time at which the session ends if its refresh token is not used before then, in seconds since the epoch. */
  readonly endsAt: number;
}

/**
 * Lists the sessions of all users, or of one user. Sessions that have ended are left out.
 * @throws DockpassError `no_such_user`
 */
export async function listSessions(
  store: Ports,
  clock: Clock,
  lifetime: SessionLifetime,
  user?: string,
): Promise<Session[]> {
  const name = user === undefined ? undefined : (await findUser(store, user)).name;
  const now = secondsOf(clock);
  return (await store.refreshTokens.list(name))
    .map((token) => ({ ...token, endsAt: sessionEndsAt(token, token.lastUse.at, lifetime) }))
    .filter(({ endsAt }) => endsAt > now);
}

/**
 * Checks that a session with this id and a user with this name exist. An undefined id or name is not checked.
 * @throws DockpassError `no_such_session`, `no_such_user`
 */
export async function requireSessions(
  ports: Ports,
  { id, user }: { readonly id: string | undefined; readonly user: string | undefined },
): Promise<void> {
  if (user !== undefined) await findUser(ports, user);
  if (id !== undefined) await findSession(ports, id);
}

/** Ends one session. @throws DockpassError `no_such_session` */
export async function revokeSession(store: Store, clock: Clock, id: string): Promise<void> {
  const token = await findSession(store, id);
  const what = `session ${token.id} of ${token.user} revoked`;
  await change(store, clock, { subject: token.user, what }, async ({ refreshTokens }) => {
    if (!(await refreshTokens.remove(token.hash))) throw noSuchSession(id);
  });
}

async function findSession(
  { refreshTokens }: Pick<Ports, 'refreshTokens'>,
  id: string,
): Promise<RefreshToken> {
  const token = (await refreshTokens.list()).find((candidate) => candidate.id === id.toLowerCase());
  if (token === undefined) throw noSuchSession(id);
  return token;
}

/**
 * Ends all sessions of a user.
 * @returns the number of sessions that were ended
 * @throws DockpassError `no_such_user`
 */
export async function revokeSessionsOf(store: Store, clock: Clock, user: string): Promise<number> {
  const { name } = await findUser(store, user);
  const description = { subject: name, what: `all sessions of ${name} revoked` };
  return change(store, clock, description, ({ refreshTokens }) => refreshTokens.removeAllOf(name));
}

/** Ends the sessions of all users. @returns the number of sessions that were ended */
export function revokeAllSessions(store: Store, clock: Clock): Promise<number> {
  const description = { subject: '', what: 'all sessions revoked' };
  return change(store, clock, description, async ({ refreshTokens }) => {
    let count = 0;
    for (const user of new Set((await refreshTokens.list()).map((token) => token.user)))
      count += await refreshTokens.removeAllOf(user);
    return count;
  });
}

/** The client that asked over HTTP to end its session. */
export interface RevokingClient {
  readonly address: string;
  /** The User-Agent of the client. */
  readonly name: string;
}

/**
 * Ends a session at the request of the client that holds the refresh token (RFC 7009). If the session has ended
 * already, this is not an error.
 */
export async function endSession(
  store: Store,
  clock: Clock,
  { id, user, hash }: RefreshToken,
  { address, name: client }: RevokingClient,
): Promise<void> {
  const what = `session ${id} of ${user} revoked by the client that uses it`;
  await store.change({ at: clock(), subject: user, what, by: { address, client } }, ({ refreshTokens }) =>
    refreshTokens.remove(hash),
  );
}

/**
 * Ends the given sessions, because their user has more sessions than the limit allows.
 * @param client the client that has just begun another session
 */
export async function endLeastRecentlyUsed(
  store: Store,
  clock: Clock,
  tokens: readonly [RefreshToken, ...RefreshToken[]],
  limit: number,
  { address, name: client }: RevokingClient,
): Promise<void> {
  const [{ id, user }] = tokens;
  const which = tokens.length === 1 ? `session ${id} of ${user}` : `${tokens.length} sessions of ${user}`;
  const what = `${which} ended: a user can have at most ${limit} sessions. dockpass ends the least recently used sessions first`;
  await store.change(
    { at: clock(), subject: user, what, by: { address, client } },
    async ({ refreshTokens }) => {
      for (const { hash } of tokens) await refreshTokens.remove(hash);
    },
  );
}

function noSuchSession(id: string): DockpassError {
  return new DockpassError(
    'no_such_session',
    `there is no session ${quoted(id)}: run "dockpass session list" to see all sessions`,
  );
}
