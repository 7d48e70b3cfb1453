import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { consoleLifetime } from '../../identity/console/console-lifetime.ts';
import { createConsoleSecret } from '../../identity/console/console-secret.ts';
import type { Secret } from '../../secret.ts';
import type { ConsoleSession, Ports, Store } from '../../store/store.ts';
import { change } from '../change.ts';

/** A person who has just logged in with a password, and the browser. */
export interface SignedInPerson {
  readonly user: string;
  /** See `ConsoleSession.credential`. */
  readonly credential: string;
  readonly host: string;
  /** The User-Agent of the browser. */
  readonly browser: string;
  readonly address: string;
}

/** The largest number of console sessions of one user. If another one begins, the least recently used one ends. */
export const maxConsoleSessions = 50;
/**
 * A session stays in the store for this many seconds after its end, because the time of the last request is written
 * with a delay.
 */
const sweepGracePeriod = 60 * 60;

/** Begins a session of the console. @returns the session, and the secret for the cookie */
export async function beginConsoleSession(
  store: Store,
  clock: Clock,
  { user, credential, host, browser, address }: SignedInPerson,
): Promise<{ session: ConsoleSession; secret: Secret }> {
  const { text: secret, hash } = createConsoleSecret();
  const id = randomBytes(6).toString('hex');
  const what = `session ${id} of ${user} began in the console`;
  const session = await change(store, clock, { subject: user, what }, async (ports, at) => {
    const begun = {
      hash,
      id,
      user,
      credential,
      host,
      browser,
      createdAt: at,
      lastUse: { at, from: address },
    };
    await makeRoom(ports, user, at);
    await ports.consoleSessions.add(begun);
    return begun;
  });
  return { session, secret };
}

/** Removes the sessions that have ended, and the least recently used ones of a user who has too many. */
async function makeRoom(
  { consoleSessions }: Pick<Ports, 'consoleSessions'>,
  user: string,
  at: number,
): Promise<void> {
  const endedAt = at - sweepGracePeriod;
  await consoleSessions.removeExpired({
    createdAt: endedAt - consoleLifetime.absolute,
    lastUsedAt: endedAt - consoleLifetime.idle,
  });
  const sessions = (await consoleSessions.list(user)).sort((one, other) => other.lastUse.at - one.lastUse.at);
  for (const { hash } of sessions.slice(maxConsoleSessions - 1)) await consoleSessions.remove(hash);
}

/** Ends a session because the person signs out. If the session has ended already, this is not an error. */
export async function endConsoleSession(
  store: Store,
  clock: Clock,
  { id, user, hash }: Pick<ConsoleSession, 'id' | 'user' | 'hash'>,
): Promise<void> {
  const what = `session ${id} of ${user} ended: signed out of the console`;
  await change(store, clock, { subject: user, what }, ({ consoleSessions }) => consoleSessions.remove(hash));
}
