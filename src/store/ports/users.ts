import type { Role } from '../../policy/rights.ts';
import type { StoredGrant } from './grants.ts';
import type { PageFilter } from './page.ts';

export interface User {
  /** The canonical name, which is in lower case. */
  readonly name: string;
  readonly role: Role;
  readonly rightsFrom: RightsSource;
  /** The password hash in the PHC string format. Null if the user cannot log in with a password. */
  readonly passwordHash: string | null;
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly changedAt: number;
  /**
   * The time at which an administrator last unlocked the user. Failed login attempts before this time do not count
   * toward a lockout. Undefined if no administrator has ever unlocked the user.
   */
  readonly unlockedAt?: number;
}

/**
 * Where the repository rights of a user come from: from the user's role, or only from the grants to the user and to the
 * user's groups. The store records one of these sources for each user. The first grant that applies to a user changes
 * the source to `grants`. Removing a grant, a membership or a group never changes it back to `role`: otherwise, such a
 * removal could give the user more rights than before.
 */
export type RightsSource = 'role' | 'grants';

/**
 * Reads and writes users. A method that returns a boolean returns false if it changed nothing, for example because the
 * name is already taken or does not exist.
 */
export interface Users {
  find(name: string): Promise<User | undefined>;
  /**
   * Reads a user with all groups and grants in one query. The server needs this data for the first login of a user. For
   * later logins, the server uses its cache.
   */
  account(name: string): Promise<StoredAccount | undefined>;
  /**
   * Returns those of the given names that a user or a robot already has, even if this user or robot is disabled. A user
   * and a robot cannot have the same name. Many names are looked up in one query.
   */
  namesTaken(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns true if there is a user who has the role `admin` and is not disabled. */
  hasEnabledAdmin(): Promise<boolean>;
  /** Returns all users, sorted by name. */
  list(): Promise<User[]>;
  /** Returns one page of users with the names of their groups, sorted by name. */
  page(filter: PageFilter): Promise<UserInGroups[]>;
  /** Adds a user. The user has the rights of the user's role until the user, or a group of the user, gets a grant. */
  add(user: Omit<User, 'rightsFrom'>): Promise<boolean>;
  update(name: string, change: UserChange): Promise<boolean>;
  /**
   * Replaces the stored password hash of a user. `from` is the old hash, and `to` is a new hash of the same password.
   * If the stored hash is not `from`, the password has changed in the meantime, so nothing is written.
   */
  replaceHash(name: string, from: string, to: string): Promise<boolean>;
  /** Removes a user with all tokens, sessions, memberships and grants of the user. */
  remove(name: string): Promise<boolean>;
}

/** A user, together with the names of the user's groups, sorted. */
export interface UserInGroups {
  readonly user: User;
  readonly groups: readonly string[];
}

/** A user, together with the user's groups and all grants that apply to the user. */
export interface StoredAccount {
  readonly user: User;
  /** The names of the user's groups, sorted. */
  readonly groups: readonly string[];
  /** The grants of the user and of the user's groups, sorted by subject and pattern. */
  readonly grants: readonly StoredGrant[];
}

export interface UserChange {
  readonly role?: Role;
  /**
   * Gives the user the rights of the role again, after grants have replaced them. Set this only if neither the user nor
   * any group of the user has a grant.
   */
  readonly rightsFrom?: 'role';
  readonly passwordHash?: string;
  readonly disabled?: boolean;
  readonly unlockedAt?: number;
  readonly changedAt: number;
}

/** A user of the htpasswd file whom an administrator has disabled. This user has no row in the store. */
export interface DisabledHtpasswdUser {
  readonly name: string;
  readonly disabledAt: number;
}

/**
 * Reads and writes which users of the htpasswd file are disabled. A method that returns a boolean returns false if it
 * changed nothing.
 */
export interface HtpasswdUsers {
  /** Returns true if the user cannot log in: an administrator has disabled the user, or a robot has the same name. */
  isBlocked(name: string): Promise<boolean>;
  /** Returns all disabled users, sorted by name. */
  listDisabled(): Promise<DisabledHtpasswdUser[]>;
  disable(name: string, at: number): Promise<boolean>;
  enable(name: string): Promise<boolean>;
}
