import type { LastUse } from '../last-use.ts';

/** The session of a person who is signed in to the web console. */
export interface ConsoleSession {
  /** The SHA-256 hash of the secret in the cookie, in hexadecimal. */
  readonly hash: string;
  /** A short id that identifies the session in commands and in the API. */
  readonly id: string;
  readonly user: string;
  /**
   * For a user of the htpasswd file: a digest of the password hash with which the session began, so that the session
   * ends when the file has another password. Empty for a user of the store.
   */
  readonly credential: string;
  /** The host name at which the person signed in. The session is valid only at this host. */
  readonly host: string;
  /** The User-Agent of the browser. */
  readonly browser: string;
  readonly createdAt: number;
  /** The last request of the person. Requests that a page sends by itself do not count. */
  readonly lastUse: LastUse;
}

/** Reads and writes the sessions of the web console. No write changes the result of `Store.changes`. */
export interface ConsoleSessions {
  find(hash: string): Promise<ConsoleSession | undefined>;
  /** Lists the sessions of one user, or of all users if `user` is undefined, sorted by user and by creation. */
  list(user?: string): Promise<ConsoleSession[]>;
  add(session: ConsoleSession): Promise<void>;
  /** Removes the session with this hash. */
  remove(hash: string): Promise<boolean>;
  /** Removes all sessions of a user and returns how many were removed. */
  removeAllOf(user: string): Promise<number>;
  /** Removes the sessions that began before `createdAt` or were last used before `lastUsedAt`. */
  removeExpired(before: { createdAt: number; lastUsedAt: number }): Promise<number>;
  /** Stores when each session was last used, and from which address. The keys of the map are hashes. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
