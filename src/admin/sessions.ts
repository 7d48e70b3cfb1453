import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { sessionEndsAt, type SessionLifetime } from '../identity/token/session-lifetime.ts';
import { toCanonicalName } from '../identity/user-name.ts';
import { consoleLifetime, consoleSessionEndsAt } from '../identity/console/console-lifetime.ts';
import type {
  FederatedSession,
  LastUse,
  ListedSession,
  PageFilter,
  Ports,
  RefreshToken,
  SessionKey,
  Store,
} from '../store/store.ts';
import { change, quoted, secondsOf } from './change.ts';
import { findUser, removeSessionsOf } from './users.ts';

/**
 * A session of a user: a login that a client stores as a refresh token (docker calls it an identity token), or a person
 * who is signed in to the web console. It can also be the session of a job that has logged in with a JWT.
 */
export interface Session {
  readonly id: string;
  /** For a job that has logged in with a JWT, `ci:` and the name of the trust rule. */
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
  const name = user === undefined ? undefined : await findHolder(store, user);
  return readSessions(store, clock, lifetime, { limit: allSessions }, name);
}

/**
 * Finds who holds sessions, by a name that a person typed: a user, or `ci:` and the name of a trust rule. A rule is not
 * looked up, because its sessions can still be listed and revoked after it was removed.
 * @returns the name as lists of sessions show it
 * @throws DockpassError `no_such_user`
 */
export async function findHolder(ports: Pick<Ports, 'users'>, text: string): Promise<string> {
  return ruleNameOf(text) === undefined ? (await findUser(ports, text)).name : toCanonicalName(text);
}

/** Returns the name of a trust rule from `ci:NAME`, or undefined if the text is the name of a user. */
function ruleNameOf(text: string): string | undefined {
  return /^ci:(.+)$/s.exec(toCanonicalName(text))?.[1];
}

/** The largest number of rows for which both databases can be asked. */
const allSessions = 2 ** 31 - 1;

/**
 * Reads one page of the sessions of all users, or of one user, who may also be a user of the htpasswd file. Sessions
 * that have ended are left out.
 */
export async function readSessions(
  { sessions }: Pick<Ports, 'sessions'>,
  clock: Clock,
  lifetime: SessionLifetime,
  filter: PageFilter<SessionKey>,
  user: string | undefined,
): Promise<Session[]> {
  const now = secondsOf(clock);
  const since = ({ idle, absolute }: SessionLifetime) => ({
    createdAt: now - absolute,
    lastUsedAt: now - idle,
  });
  const activeSince = {
    refreshToken: { ...since(lifetime), expiresAt: now },
    console: since(consoleLifetime),
    federated: { expiresAt: now },
  };
  const found = await sessions.page(filter, activeSince, user);
  return found.map((session) => toSession(session, lifetime));
}

/** Returns a session of the store in the form that is shown. */
export function toSession(
  { kind, id, user, host, client, createdAt, expiresAt, lastUse }: Omit<ListedSession, 'hash'>,
  lifetime: SessionLifetime,
): Session {
  const shown = { id, user, host, createdAt, lastUse };
  switch (kind) {
    case 'console': {
      const endsAt = consoleSessionEndsAt(shown, lastUse.at);
      return { ...shown, client: consoleClient, browser: client, endsAt };
    }
    case 'federated':
      return { ...shown, client, endsAt: expiresAt ?? 0 };
    case 'refresh token': {
      const endsAt = sessionEndsAt({ createdAt, expiresAt: expiresAt ?? Infinity }, lastUse.at, lifetime);
      return { ...shown, client, endsAt };
    }
  }
}

/**
 * Finds a session that has not ended.
 * @param user if given, only among the sessions of this user
 * @throws DockpassError `no_such_session`
 */
export async function findSessionById(
  ports: Pick<Ports, 'sessions'>,
  clock: Clock,
  lifetime: SessionLifetime,
  id: string,
  user?: string,
): Promise<Session> {
  const session = toSession(await findSession(ports, id, user), lifetime);
  if (session.endsAt <= secondsOf(clock)) throw noSuchSession(id);
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
  if (user !== undefined) await findHolder(ports, user);
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
  await change(store, clock, { subject: session.user, what }, async (ports) => {
    const tables = {
      console: ports.consoleSessions,
      federated: ports.federatedSessions,
      'refresh token': ports.refreshTokens,
    };
    if (!(await tables[session.kind].remove(session.hash))) throw noSuchSession(id);
  });
}

async function findSession(
  { sessions }: Pick<Ports, 'sessions'>,
  id: string,
  user?: string,
): Promise<ListedSession> {
  const session = await sessions.find(id.toLowerCase());
  if (session === undefined || (user !== undefined && session.user !== user)) throw noSuchSession(id);
  return session;
}

/**
 * Ends all sessions of a user, or of the jobs that a trust rule accepted (`ci:NAME`).
 * @returns the number of sessions that were ended
 * @throws DockpassError `no_such_user`
 */
export async function revokeSessionsOf(store: Store, clock: Clock, user: string): Promise<number> {
  const name = await findHolder(store, user);
  const rule = ruleNameOf(name);
  const description = { subject: name, what: `all sessions of ${name} revoked` };
  return change(store, clock, description, (ports) =>
    rule === undefined ? removeSessionsOf(ports, name) : ports.federatedSessions.removeAllOf(rule),
  );
}

/** Ends the sessions of all users. @returns the number of sessions that were ended */
export function revokeAllSessions(store: Store, clock: Clock): Promise<number> {
  const description = { subject: '', what: 'all sessions revoked' };
  return change(store, clock, description, async (ports) => {
    const sessions = [...(await ports.refreshTokens.list()), ...(await ports.consoleSessions.list())];
    let count = await ports.federatedSessions.removeAll();
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

/** Ends a federated session at the request of the job that holds the refresh token (RFC 7009). */
export async function endFederatedSession(
  store: Store,
  clock: Clock,
  { id, rule, hash }: FederatedSession,
  { address, name: client }: RevokingClient,
): Promise<void> {
  const subject = `ci:${rule}`;
  const what = `session ${id} of ${subject} revoked by the client that uses it`;
  await store.change({ at: clock(), subject, what, by: { address, client } }, ({ federatedSessions }) =>
    federatedSessions.remove(hash),
  );
}

/**
 * Ends the oldest sessions of a trust rule, because it has more sessions than the limit allows.
 * @param client the client that has just begun another session
 */
export async function endOldestOfRule(
  store: Store,
  clock: Clock,
  rule: string,
  count: number,
  limit: number,
  { address, name: client }: RevokingClient,
): Promise<void> {
  const subject = `ci:${rule}`;
  const what = `${count} sessions of ${subject} ended: a trust rule can have at most ${limit} sessions. dockpass ends the oldest sessions first`;
  await store.change({ at: clock(), subject, what, by: { address, client } }, ({ federatedSessions }) =>
    federatedSessions.removeOldestOf(rule, count),
  );
}

function noSuchSession(id: string): DockpassError {
  return new DockpassError(
    'no_such_session',
    `there is no session ${quoted(id)}: run "dockpass session list" to see all sessions`,
  );
}
