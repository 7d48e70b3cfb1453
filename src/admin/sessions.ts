import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { sessionEndsAt, type SessionLifetime } from '../identity/token/session-lifetime.ts';
import { consoleSessionEndsAt } from '../identity/console/console-lifetime.ts';
import type { ConsoleSession, LastUse, Ports, RefreshToken, Store } from '../store/store.ts';
import { change, quoted, secondsOf } from './change.ts';
import { findUser, removeSessionsOf } from './users.ts';

/**
 * A session of a user: a login that a client stores as a refresh token (docker calls it an identity token), or a person
 * who is signed in to the web console.
 */
export interface Session {
  readonly id: string;
  readonly user: string;
  /** The host at which the session began. */
  readonly host: string;
  /** The name of the client, or `console`. */
  readonly client: string;
  /** The User-Agent of the browser. Undefined if the client is not the console. */
  readonly browser?: string;
  readonly createdAt: number;
  readonly lastUse: LastUse;
  /** The time at which the session ends if it is not used before then, in seconds since the epoch. */
  readonly endsAt: number;
}

/** The client of sessions in the web console. */
export const consoleClient = 'console';

/**
 * Lists the sessions of all users, or of one user, sorted by user and by creation. Sessions that have ended are left
 * out.
 * @throws DockpassError `no_such_user`
 */
export async function listSessions(
  store: Ports,
  clock: Clock,
  lifetime: SessionLifetime,
  user?: string,
): Promise<Session[]> {
  const name = user === undefined ? undefined : (await findUser(store, user)).name;
  return listSessionsNamed(store, clock, lifetime, name);
}

/** Lists the sessions of a user who may be a user of the htpasswd file, see `listSessions`. */
export async function listSessionsNamed(
  store: Ports,
  clock: Clock,
  lifetime: SessionLifetime,
  name: string | undefined,
): Promise<Session[]> {
  const now = secondsOf(clock);
  const [tokens, consoles] = [await store.refreshTokens.list(name), await store.consoleSessions.list(name)];
  return [...tokens.map((token) => ofToken(token, lifetime)), ...consoles.map(toSession)]
    .filter(({ endsAt }) => endsAt > now)
    .sort((one, other) => compare(one.user, other.user) || one.createdAt - other.createdAt);
}

function ofToken(
  { id, user, host, client, createdAt, expiresAt, lastUse }: RefreshToken,
  lifetime: SessionLifetime,
): Session {
  const endsAt = sessionEndsAt({ createdAt, expiresAt }, lastUse.at, lifetime);
  return { id, user, host, client, createdAt, lastUse, endsAt };
}

/** Returns a session of the console in the form of `listSessions`. */
export function toSession(session: ConsoleSession): Session {
  const { id, user, host, browser, createdAt, lastUse } = session;
  const endsAt = consoleSessionEndsAt(session, lastUse.at);
  return { id, user, host, client: consoleClient, browser, createdAt, lastUse, endsAt };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/**
 * Finds a session that has not ended.
 * @param user if given, only among the sessions of this user
 * @throws DockpassError `no_such_session`
 */
export async function findSessionById(
  store: Ports,
  clock: Clock,
  lifetime: SessionLifetime,
  id: string,
  user?: string,
): Promise<Session> {
  const sessions = await listSessionsNamed(store, clock, lifetime, user);
  const session = sessions.find((candidate) => candidate.id === id.toLowerCase());
  if (session === undefined) throw noSuchSession(id);
  return session;
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

/**
 * Ends one session.
 * @param user if given, only a session of this user is ended
 * @throws DockpassError `no_such_session`, also if the session is another user's
 */
export async function revokeSession(store: Store, clock: Clock, id: string, user?: string): Promise<void> {
  const session = await findSession(store, id, user);
  const what = `session ${session.id} of ${session.user} revoked`;
  await change(store, clock, { subject: session.user, what }, async ({ refreshTokens, consoleSessions }) => {
    const sessions = session.kind === 'console' ? consoleSessions : refreshTokens;
    if (!(await sessions.remove(session.hash))) throw noSuchSession(id);
  });
}

type FoundSession = { readonly kind: 'console' | 'refresh token' } & Pick<
  RefreshToken,
  'hash' | 'id' | 'user'
>;

async function findSession(
  { refreshTokens, consoleSessions }: Pick<Ports, 'refreshTokens' | 'consoleSessions'>,
  id: string,
  user?: string,
): Promise<FoundSession> {
  const isWanted = (candidate: { id: string }): boolean => candidate.id === id.toLowerCase();
  const token = (await refreshTokens.list(user)).find(isWanted);
  if (token !== undefined) return { ...token, kind: 'refresh token' };
  const session = (await consoleSessions.list(user)).find(isWanted);
  if (session === undefined) throw noSuchSession(id);
  return { ...session, kind: 'console' };
}

/**
 * Ends all sessions of a user.
 * @returns the number of sessions that were ended
 * @throws DockpassError `no_such_user`
 */
export async function revokeSessionsOf(store: Store, clock: Clock, user: string): Promise<number> {
  const { name } = await findUser(store, user);
  const description = { subject: name, what: `all sessions of ${name} revoked` };
  return change(store, clock, description, (ports) => removeSessionsOf(ports, name));
}

/** Ends the sessions of all users. @returns the number of sessions that were ended */
export function revokeAllSessions(store: Store, clock: Clock): Promise<number> {
  const description = { subject: '', what: 'all sessions revoked' };
  return change(store, clock, description, async (ports) => {
    const sessions = [...(await ports.refreshTokens.list()), ...(await ports.consoleSessions.list())];
    let count = 0;
    for (const user of new Set(sessions.map((session) => session.user)))
      count += await removeSessionsOf(ports, user);
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
