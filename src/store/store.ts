import type { AdministrativeChange, AuditEvent } from '../audit/event.ts';
import type { EventText } from '../audit/event-text.ts';
import type { Action, Role } from '../policy/rights.ts';
import type { Broadcast } from './broadcast.ts';

/**
 * What the rest of dockpass needs from a database. Nothing here is specific to SQLite. Every port is asynchronous,
 * a counter shows changes of any process, and both backends pass the same tests (test/process/store/). Times are
 * seconds since the epoch. When the promise of a write resolves, the write is on disk. Every port may throw
 * DockpassError `database_busy` or `database`.
 */
export interface Store extends Ports {
  /** Makes an administrative change and appends its audit row: both or neither. */
  change<Result>(what: AdministrativeChange, work: (ports: Ports) => Promise<Result>): Promise<Result>;
  /** Sends messages to every process that uses this database. Undefined if only one process can use it. */
  readonly broadcast?: Broadcast;
  /**
   * Returns a counter that grows with every change that decisions depend on, from any process. It is cheap, and is
   * called with every login.
   */
  changes(): number;
  /** Returns why this process does not learn of changes by other processes, and what to do. Undefined if it does. */
  missedChangesReason?(): string | undefined;
  close(): Promise<void>;
}

export interface Ports {
  readonly users: Users;
  readonly groups: Groups;
  readonly grants: Grants;
  readonly accessTokens: AccessTokens;
  readonly robots: Robots;
  readonly refreshTokens: RefreshTokens;
  readonly auditLog: AuditLog;
  readonly encryptedKeys: EncryptedKeys;
}

export interface User {
  /** Canonical: lower case. */
  readonly name: string;
  readonly role: Role;
  /** PHC string format. Null for a user who cannot log in with a password. */
  readonly passwordHash: string | null;
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly changedAt: number;
  /** Failed login attempts before this time do not count. Undefined if the user was never unlocked. */
  readonly unlockedAt?: number;
}

/** The booleans say whether something was done: false if the name is taken, or does not exist. */
export interface Users {
  find(name: string): Promise<User | undefined>;
  /** Reads everything that a first login needs, in one query. */
  account(name: string): Promise<StoredAccount | undefined>;
  /**
   * Returns which of the names a user or a robot has, disabled or not, because both share one name space. Needs few
   * queries.
   */
  namesTaken(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** Sorted by name. */
  list(): Promise<User[]>;
  add(user: User): Promise<boolean>;
  update(name: string, change: UserChange): Promise<boolean>;
  /**
   * Stores a new hash of the same password. It does so only while `from` is still the hash, so that a newer
   * password is not overwritten.
   */
  replaceHash(name: string, from: string, to: string): Promise<boolean>;
  /** Also removes the user's tokens, memberships and grants. */
  remove(name: string): Promise<boolean>;
}

/** A user with groups and grants. */
export interface StoredAccount {
  readonly user: User;
  /** Names of the user's groups, sorted. */
  readonly groups: readonly string[];
  /** Grants to the user and to these groups, sorted by subject and pattern. */
  readonly grants: readonly StoredGrant[];
}

export interface UserChange {
  readonly role?: Role;
  readonly passwordHash?: string;
  readonly disabled?: boolean;
  readonly unlockedAt?: number;
  readonly changedAt: number;
}

export interface Group {
  readonly name: string;
  /** Sorted by name. */
  readonly members: readonly string[];
  readonly createdAt: number;
}

export interface Groups {
  list(): Promise<Group[]>;
  /** Returns the names of a user's groups. */
  of(user: string): Promise<string[]>;
  add(name: string, createdAt: number): Promise<boolean>;
  /** Also removes the group's memberships and grants. */
  remove(name: string): Promise<boolean>;
  join(group: string, user: string): Promise<boolean>;
  leave(group: string, user: string): Promise<boolean>;
}

/** `subject` is the name of a user, or `group:NAME`. */
export interface StoredGrant {
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly Action[];
  readonly createdAt: number;
}

export interface Grants {
  list(): Promise<StoredGrant[]>;
  of(subjects: readonly string[]): Promise<StoredGrant[]>;
  /** Replaces a grant of the same subject and pattern. */
  put(grant: StoredGrant): Promise<void>;
  remove(subject: string, pattern: string): Promise<boolean>;
}

/** A right that limits a token or robot. */
export interface OnlyRight {
  readonly pattern: string;
  readonly actions: readonly Action[];
}

export interface LastUse {
  readonly at: number;
  /** The address of the client. */
  readonly from: string;
}

export interface AccessToken {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly user: string;
  /** Null: everything that the user may do. */
  readonly only: readonly OnlyRight[] | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
}

export interface AccessTokens {
  /** Reads everything that the first use of a token needs, in one query. */
  findWithOwner(hash: string): Promise<{ token: AccessToken; owner: StoredAccount } | undefined>;
  /** Lists the tokens of one user, or of all. */
  list(user?: string): Promise<AccessToken[]>;
  add(token: AccessToken): Promise<boolean>;
  remove(user: string, name: string): Promise<boolean>;
  /** Does not count as a change. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}

export interface Robot {
  readonly name: string;
  readonly only: readonly OnlyRight[];
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
}

export interface RobotSecret {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly robot: string;
  readonly createdAt: number;
  /** When the overlap of a rotation ends. Null for the newest secret. */
  readonly expiresAt: number | null;
}

export interface Robots {
  find(name: string): Promise<Robot | undefined>;
  findBySecret(hash: string): Promise<{ robot: Robot; secret: RobotSecret } | undefined>;
  list(): Promise<Robot[]>;
  add(robot: Robot, secret: RobotSecret): Promise<boolean>;
  /**
   * The new secret is valid at once. Older ones expire at `oldUntil` at the latest. If given, `expiresAt` changes
   * when the robot itself expires.
   */
  rotate(secret: RobotSecret, oldUntil: number, expiresAt?: number): Promise<boolean>;
  setDisabled(name: string, disabled: boolean): Promise<boolean>;
  remove(name: string): Promise<boolean>;
  /** Keys are robot names. Does not count as a change. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}

/** docker calls it identity token. */
export interface RefreshToken {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
  /** A short id by which a person names it. */
  readonly id: string;
  readonly user: string;
  readonly service: string;
  /** The host under which it was issued. It is valid only there. */
  readonly host: string;
  readonly client: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUse: LastUse;
}

export interface RefreshTokens {
  findByHash(hash: string): Promise<RefreshToken | undefined>;
  /** Reads everything that the first use of a token needs, in one query. */
  findWithHolder(hash: string): Promise<{ token: RefreshToken; holder: StoredAccount } | undefined>;
  list(user?: string): Promise<RefreshToken[]>;
  add(token: RefreshToken): Promise<void>;
  /** Removes by hash. */
  remove(hash: string): Promise<boolean>;
  /** Returns how many were removed. */
  removeAllOf(user: string): Promise<number>;
  /**
   * Removes tokens that expired before `expiredAt` or were last used before `lastUsedAt`. They are no longer
   * accepted. Returns how many were removed.
   */
  removeExpired(before: { expiredAt: number; lastUsedAt: number }): Promise<number>;
  /** Keys are hashes. Does not count as a change. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}

export interface AuditFilter {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly subject?: string;
  readonly id?: string;
  /** Returns only rows after this one. */
  readonly afterSeq?: number;
  /** The largest number of rows, oldest first. */
  readonly limit?: number;
}

export interface AuditLog {
  /**
   * Writes all events or none.
   * @param isRetry true if the same events were passed before, and it is unknown whether they were written (the
   * connection broke during the commit). Events that were written are not written twice
   */
  append(events: readonly EventText[], isRetry?: boolean): Promise<void>;
  /** Oldest first. */
  list(filter: AuditFilter): Promise<(AuditEvent & { readonly seq: number })[]>;
  /** Returns the seq of the first row that does not fit into the chain. Returns undefined if all rows fit. */
  verify(): Promise<number | undefined>;
  /**
   * Returns the position of the newest row in the chain. If you store it elsewhere, it reveals a chain that was
   * rewritten.
   */
  head(): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /**
   * Removes some of the oldest rows: rows older than `before` (milliseconds), and rows that are not among the
   * newest `keep`. Returns how many; 0 if nothing is left to remove. It never removes a row from the middle, so
   * that the chain stays valid.
   */
  prune(before: number, keep: number): Promise<number>;
}

/**
 * Signing keys. They are encrypted before they are passed to the store (keys/storage/encrypted-key-store.ts), so
 * the store cannot read them.
 */
export interface EncryptedKeys {
  /** Sorted. It is cheap, and every process calls it about twice a second. */
  names(): Promise<string[]>;
  /** Returns the texts by name. */
  read(): Promise<ReadonlyMap<string, string>>;
  /**
   * Replaces all rows with what `change` returns, while no other process can change them. If `change` returns
   * undefined, nothing is written, and the result is false. `change` may be called again with other rows if the
   * database requires another attempt.
   */
  update(
    change: (rows: ReadonlyMap<string, string>) => ReadonlyMap<string, string> | undefined,
  ): Promise<boolean>;
}
