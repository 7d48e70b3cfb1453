import type { PageFilter } from './page.ts';

export interface Group {
  readonly name: string;
  /** The names of the members, sorted. */
  readonly members: readonly string[];
  readonly createdAt: number;
}

export interface Groups {
  find(name: string): Promise<Group | undefined>;
  list(): Promise<Group[]>;
  /** Returns one page of groups, sorted by name. */
  page(filter: PageFilter): Promise<Group[]>;
  /** Returns the names of the groups that contain the user. */
  of(user: string): Promise<string[]>;
  add(name: string, createdAt: number): Promise<boolean>;
  /**
   * Removes a group with its memberships and grants. Members who lost the rights of their role because the group had
   * grants do not get these rights back.
   */
  remove(name: string): Promise<boolean>;
  /**
   * Adds a user to a group. If the group has grants, the user then has only the rights of grants: the rights of the
   * user's role no longer count.
   */
  join(group: string, user: string): Promise<boolean>;
  /**
   * Removes a user from a group. If the user lost the rights of the role because the group had grants, the user does
   * not get these rights back.
   */
  leave(group: string, user: string): Promise<boolean>;
}
