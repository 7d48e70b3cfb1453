import type { Role } from '../../policy/rights.ts';
import type { StoredGrant } from './grants.ts';

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
