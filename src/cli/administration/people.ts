import type { GrantHolder, NewGrant } from '../../admin/rights/grants.ts';
import type { Membership } from '../../admin/groups.ts';
import type { Access, WhoCanQuestion } from '../../explain/who-can.ts';
import type { Role } from '../../policy/rights.ts';
import type { Secret } from '../../secret.ts';
import type { GrantView } from '../../admin/views/grant-view.ts';
import type { GroupView } from '../../admin/views/group-view.ts';
import type { UserDetails, UserView } from '../../admin/views/user-view.ts';

/** The new password of a user: a password that a person chose, or one that dockpass generates. */
export type PasswordChoice = { readonly password: Secret } | { readonly generate: true };

export interface UserOperations {
  /** Returns the minimum number of characters in a password. Undefined if only the server knows it. */
  minPasswordLength(): Promise<number | undefined>;
  /** Checks that a new user can have this name. @throws DockpassError `bad_name`, `already_exists` */
  requireFreeName(name: string): Promise<void>;
  /** @throws DockpassError `no_such_user` */
  find(name: string): Promise<UserDetails>;
  /** Like `find`, but returns undefined if there is no such user. */
  findIfThere(name: string): Promise<UserDetails | undefined>;
  list(): Promise<{
    readonly users: readonly UserView[];
    /** The names of the users of the htpasswd file who are disabled. */
    readonly disabledInHtpasswd: readonly string[];
  }>;
  /**
   * @param user without a role, the user gets the setting `users.defaultRole`
   * @returns the name as it is stored, the role, and the password if it was generated
   * @throws DockpassError `bad_name`, `bad_password`, `already_exists`
   */
  add(user: {
    readonly name: string;
    readonly role: Role | undefined;
    readonly password: PasswordChoice;
  }): Promise<{ readonly name: string; readonly role: Role; readonly generated: Secret | undefined }>;
  /** @throws DockpassError `no_such_user`, `bad_password` */
  setPassword(
    name: string,
    password: PasswordChoice,
  ): Promise<{ readonly name: string; readonly generated: Secret | undefined }>;
  /** @throws DockpassError `no_such_user` */
  setRole(name: string, role: Role): Promise<UserDetails>;
  /** @returns the name as it is stored. @throws DockpassError `no_such_user` */
  disable(name: string): Promise<string>;
  /** @returns the name as it is stored. @throws DockpassError `no_such_user` */
  enable(name: string): Promise<string>;
  /** @returns the name as it is stored. @throws DockpassError `no_such_user` */
  unlock(name: string): Promise<string>;
  /** @returns the name as it was stored. @throws DockpassError `no_such_user` */
  remove(name: string): Promise<string>;
}

export interface GroupOperations {
  list(): Promise<readonly GroupView[]>;
  /** @throws DockpassError `no_such_group` */
  find(name: string): Promise<GroupView>;
  /** @returns the name as it is stored. @throws DockpassError `bad_name`, `already_exists` */
  add(name: string): Promise<string>;
  /** @returns the group as it was stored. @throws DockpassError `no_such_group` */
  remove(name: string): Promise<Pick<GroupView, 'name' | 'members'>>;
  /** @returns false if the user is a member already. @throws DockpassError `no_such_group`, `no_such_user` */
  join(membership: Membership): Promise<boolean>;
  /** @returns false if the user is not a member. @throws DockpassError `no_such_group`, `no_such_user` */
  leave(membership: Membership): Promise<boolean>;
  /** Returns true if the user would lose rights by leaving the group. Returns false if the user is not a member. */
  leavingNarrows(membership: Membership): Promise<boolean>;
}

/** The holder of a grant, and the names of the users to whom the grant applies. */
export interface ReachedByGrant {
  readonly holder: GrantHolder;
  readonly reached: readonly string[];
}

export interface GrantOperations {
  /** @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` for a robot */
  list(subject: string | undefined): Promise<readonly GrantView[]>;
  /** @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` for a robot */
  findHolder(subject: string): Promise<GrantHolder>;
  /** Checks that the holder has a grant on exactly this pattern. @throws DockpassError `no_such_grant` */
  requireGrant(holder: GrantHolder, pattern: string): Promise<void>;
  /**
   * @returns also the names of the users who lose the rights of their role
   * @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` for a robot or an impossible pattern
   */
  add(grant: NewGrant): Promise<ReachedByGrant & { readonly switched: readonly string[] }>;
  /** @throws DockpassError `no_such_user`, `no_such_group`, `no_such_grant`, `bad_usage` for a robot */
  remove(grant: Pick<NewGrant, 'subject' | 'pattern'>): Promise<ReachedByGrant>;
  /** Returns true if removing the grant would take rights away from someone. */
  removingNarrows(holder: GrantHolder, pattern: string): Promise<boolean>;
  /** Lists who may do what on a repository. */
  who(question: WhoCanQuestion): Promise<readonly Access[]>;
}
