import type { AdministrativeChange, AuditEvent } from '../audit/event.ts';
import type { EventText } from '../audit/event-text.ts';
import type { Action, Role } from '../policy/rights.ts';
import type { Broadcast } from './broadcast.ts';

/**
 * What a database is to the rest of dockpass. Nothing here is SQLite's: every port is async, a change by anyone (the
 * CLI, another process) is told by a counter, and each backend passes test/process/store/. Times are seconds since the epoch.
 * A write is on disk when its promise resolves. Every port may throw DockpassError `database_busy` or `database`.
 */
export interface Store extends Ports {
  /** Does an administrative change and writes what was done to the audit log: both, or neither. */
  change<Result>(what: AdministrativeChange, work: (ports: Ports) => Promise<Result>): Promise<Result>;
  /** To every process on this database; undefined where there is one alone. */
  readonly announcements?: Broadcast;
  /** Grows with every change that anyone made to what decisions rest on. Cheap: asked with every login. */
  changes(): number;
  /** What keeps us from hearing of changes by others, and what to do, in a sentence. */
  unheard?(): string | undefined;
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
  /** PHC string format; null for a user who cannot log in by password. */
  readonly passwordHash: string | null;
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly changedAt: number;
  /** Wrong passwords from before are forgotten; undefined where that was never asked for. */
  readonly unlockedAt?: number;
}

/** The booleans say whether anything was done: false for a name that is taken, or is not there. */
export interface Users {
  find(name: string): Promise<User | undefined>;
  /** All that a first login needs, in one question. */
  account(name: string): Promise<StoredAccount | undefined>;
  /** Those of the names that a user or a robot has, disabled or not: they share one name space. In few questions. */
  namesTaken(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** By name. */
  list(): Promise<User[]>;
  add(user: User): Promise<boolean>;
  update(name: string, change: UserChange): Promise<boolean>;
  /** The same password, hashed anew: only while `from` is still its hash, so that no newer password is undone. */
  replaceHash(name: string, from: string, to: string): Promise<boolean>;
  /** With its tokens, memberships and grants. */
  remove(name: string): Promise<boolean>;
}

/** A user with what the user holds. */
export interface StoredAccount {
  readonly user: User;
  /** Names of the groups that the user is in, in order. */
  readonly groups: readonly string[];
  /** To the user and to these groups, by subject and pattern. */
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
  /** By name. */
  readonly members: readonly string[];
  readonly createdAt: number;
}

export interface Groups {
  list(): Promise<Group[]>;
  /** The names of the groups that a user is in. */
  of(user: string): Promise<string[]>;
  add(name: string, createdAt: number): Promise<boolean>;
  /** With its memberships and grants. */
  remove(name: string): Promise<boolean>;
  join(group: string, user: string): Promise<boolean>;
  leave(group: string, user: string): Promise<boolean>;
}

/** Held by `subject`: a user's name, or `group:NAME`. */
export interface StoredGrant {
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly Action[];
  readonly createdAt: number;
}

export interface Grants {
  list(): Promise<StoredGrant[]>;
  of(subjects: readonly string[]): Promise<StoredGrant[]>;
  /** Takes the place of a grant of the same subject and pattern. */
  put(grant: StoredGrant): Promise<void>;
  remove(subject: string, pattern: string): Promise<boolean>;
}

/** What a token or robot is kept to. */
export interface OnlyRight {
  readonly pattern: string;
  readonly actions: readonly Action[];
}

export interface LastUse {
  readonly at: number;
  /** The client's address. */
  readonly from: string;
}

export interface AccessToken {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly user: string;
  /** Null: all that the user holds. */
  readonly only: readonly OnlyRight[] | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUse: LastUse | null;
}

export interface AccessTokens {
  /** All that the first use of one needs, in one question. */
  findWithOwner(hash: string): Promise<{ token: AccessToken; owner: StoredAccount } | undefined>;
  /** Of one user, or of all. */
  list(user?: string): Promise<AccessToken[]>;
  add(token: AccessToken): Promise<boolean>;
  remove(user: string, name: string): Promise<boolean>;
  /** No change that decisions rest on. */
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
  /** The end of a rotation's overlap; null for the newest. */
  readonly expiresAt: number | null;
}

export interface Robots {
  find(name: string): Promise<Robot | undefined>;
  findBySecret(hash: string): Promise<{ robot: Robot; secret: RobotSecret } | undefined>;
  list(): Promise<Robot[]>;
  add(robot: Robot, secret: RobotSecret): Promise<boolean>;
  /** The new secret counts at once; older ones end at `oldUntil` at the latest. The robot's own end moves if given. */
  rotate(secret: RobotSecret, oldUntil: number, expiresAt?: number): Promise<boolean>;
  setDisabled(name: string, disabled: boolean): Promise<boolean>;
  remove(name: string): Promise<boolean>;
  /** By robot. No change that decisions rest on. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}

/** Docker's identity token. */
export interface RefreshToken {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
  /** Short; how a person names it. */
  readonly id: string;
  readonly user: string;
  readonly service: string;
  /** The host name under which it was given, and is good. */
  readonly host: string;
  readonly client: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUse: LastUse;
}

export interface RefreshTokens {
  findByHash(hash: string): Promise<RefreshToken | undefined>;
  /** All that the first use of one needs, in one question. */
  findWithHolder(hash: string): Promise<{ token: RefreshToken; holder: StoredAccount } | undefined>;
  list(user?: string): Promise<RefreshToken[]>;
  add(token: RefreshToken): Promise<void>;
  /** By hash. */
  remove(hash: string): Promise<boolean>;
  /** How many there were. */
  removeAllOf(user: string): Promise<number>;
  /** How many there were that ended before `expiredAt` or were last used before `lastUsedAt`. They are refused anyway. */
  removeExpired(before: { expiredAt: number; lastUsedAt: number }): Promise<number>;
  /** By hash. No change that decisions rest on. */
  used(uses: ReadonlyMap<string, LastUse>): Promise<void>;
}

export interface AuditFilter {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly subject?: string;
  readonly id?: string;
  /** Only what came after this row. */
  readonly afterSeq?: number;
  /** Rows at most, the oldest first. */
  readonly limit?: number;
}

export interface AuditLog {
  /**
   * Writes all or none.
   * @param isRetry the same events were given before, and it is not known whether they were written (a connection that
   *   broke at the commit): those that were are not written twice
   */
  append(events: readonly EventText[], isRetry?: boolean): Promise<void>;
  /** Oldest first. */
  list(filter: AuditFilter): Promise<(AuditEvent & { readonly seq: number })[]>;
  /** The seq of the first row that does not fit the chain; undefined where all do. */
  verify(): Promise<number | undefined>;
  /** The newest row's place in the chain. Noted elsewhere, it shows a chain that was written anew. */
  head(): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /**
   * Takes out some of the oldest rows: of those older than `before` (milliseconds), or not among the newest `keep`. How
   * many; 0 when there are none left. Never a row from the middle, so that the chain holds.
   */
  prune(before: number, keep: number): Promise<number>;
}

/** Signing keys, encrypted before they come here (keys/sealed-keep.ts): the store could not read one. */
export interface EncryptedKeys {
  /** In order. Cheap: every process asks twice a second. */
  names(): Promise<string[]>;
  /** By name. */
  read(): Promise<ReadonlyMap<string, string>>;
  /**
   * Puts in place what `change` makes of all rows, while nobody else can: false, and nothing is written, where it makes
   * undefined. It may be called again, on other rows, where the database asks to try again.
   */
  update(
    change: (rows: ReadonlyMap<string, string>) => ReadonlyMap<string, string> | undefined,
  ): Promise<boolean>;
}
