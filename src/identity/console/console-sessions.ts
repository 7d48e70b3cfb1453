import type { Clock } from '../../clock.ts';
import type { UserSubject } from '../../policy/subject.ts';
import type { ConsoleSession, ConsoleSessions } from '../../store/store.ts';
import { createLastUseRecorder, type LastUseRecorder } from '../token/last-use.ts';
import { consoleSessionEndsAt } from './console-lifetime.ts';
import type { ConsolePeople } from './console-people.ts';
import { hashOfConsoleSecret } from './console-secret.ts';

/** A session of the console that has not ended, with the person who is signed in. */
export interface ActiveConsoleSession {
  readonly session: ConsoleSession;
  readonly subject: UserSubject;
}

/** The request of a browser that sends the cookie of the console. */
export interface ConsoleRequest {
  /** The value of the cookie, as the browser sent it. */
  readonly cookie: string;
  /** The host of the request, in the form of `formatHost`. A session is valid only at the host where it began. */
  readonly host: string;
  readonly address: string;
  /**
   * True if the page sent the request by itself, for example to show new rows of the audit log. Such a request does not
   * prolong the session.
   */
  readonly isBackground: boolean;
}

export interface ConsoleSignIns {
  /** Returns the session of a request, or undefined if there is none or if it has ended. */
  resume(request: ConsoleRequest): Promise<ActiveConsoleSession | undefined>;
  /** See `ConsolePeople.credentialOf`. */
  credentialOf: ConsolePeople['credentialOf'];
  /** Writes the times of the last requests to the store, if they are so far only in memory. */
  close(): Promise<void>;
}

/**
 * Creates the object that finds the sessions of the console. Nothing of a session is cached but the time of its last
 * request, so a session that another server has ended is rejected at once.
 * @param onFailure called if a time of a last request cannot be written. The request is answered nevertheless
 */
export function createConsoleSignIns(
  sessions: Pick<ConsoleSessions, 'find' | 'used'>,
  people: ConsolePeople,
  clock: Clock,
  onFailure: (error: unknown) => void,
): ConsoleSignIns {
  // Created with the first request, because most servers never get one.
  let uses: LastUseRecorder | undefined;
  const recordUse = (hash: string, address: string): void => {
    uses ??= createLastUseRecorder((group) => sessions.used(group), clock, onFailure);
    uses.record(hash, address);
  };
  return {
    credentialOf: (person) => people.credentialOf(person),
    resume: async ({ cookie, host, address, isBackground }) => {
      const hash = hashOfConsoleSecret(cookie);
      const session = hash === undefined ? undefined : await sessions.find(hash);
      if (session === undefined || session.host !== host) return undefined;
      const lastUsedAt = Math.max(session.lastUse.at, uses?.latestUseAt(session.hash) ?? 0);
      if (clock() >= consoleSessionEndsAt(session, lastUsedAt) * 1000) return undefined;
      const subject = await people.find(session);
      if (subject === undefined) return undefined;
      if (!isBackground) recordUse(session.hash, address);
      return { session, subject };
    },
    close: async () => uses?.close(),
  };
}
