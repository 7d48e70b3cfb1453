import type { LastUse } from '../last-use.ts';

/** The session of a job that has logged in with a JWT of its platform. The job holds a refresh token. */
export interface FederatedSession {
  /** The SHA-256 hash of the refresh token, in hexadecimal. */
  readonly hash: string;
  /** A short id that identifies the session in commands and in the API. */
  readonly id: string;
  /** The name of the trust rule, without the prefix `ci:`. */
  readonly rule: string;
  /** The verified claims of the JWT. The rules in force are matched with them at each use of the session. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The key sources that verified the JWT. */
  readonly sources: readonly string[];
  readonly service: string;
  /** The host name at which the job logged in. The session is valid only at this host. */
  readonly host: string;
  readonly client: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUse: LastUse;
}

/** Reads and writes the sessions of federated identities. Only removals change the result of `Store.changes`. */
export interface FederatedSessions {
  find(hash: string): Promise<FederatedSession | undefined>;
  add(session: FederatedSession): Promise<void>;
  /** Removes the session with this hash. */
  remove(hash: string): Promise<boolean>;
  /** Removes all sessions of a rule and returns how many were removed. */
  removeAllOf(rule: string): Promise<number>;
  /** Removes the sessions of all rules and returns how many were removed. */
  removeAll(): Promise<number>;
  /** Returns the number of sessions of a rule. */
  countOf(rule: string): Promise<number>;
  /** Removes the `count` oldest sessions of a rule. */
  removeOldestOf(rule: string, count: number): Promise<void>;
  /** Removes the sessions that expired before `expiredAt` and returns how many were removed. */
  removeExpired(expiredAt: number): Promise<number>;
  /** Stores when each session was last used, and from which address. The keys of the map are hashes. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}
