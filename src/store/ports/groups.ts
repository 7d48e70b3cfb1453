export interface Group {
  readonly name: string;
  /** The names of the members, sorted. */
  readonly members: readonly string[];
  readonly createdAt: number;
}

export interface Groups {
  list(): Promise<Group[]>;
  /** Returns the names of the groups that contain the user. */
  of(user: string): Promise<string[]>;
  add(name: string, createdAt: number): Promise<boolean>;
  /** Removes a group with its memberships and grants. The members do not get the rights of the role back. */
  remove(name: string): Promise<boolean>;
  /** Adds a user to a group. If the group has grants, the user has only the rights of grants from now on. */
  join(group: string, user: string): Promise<boolean>;
  /** Removes a user from a group. The user does not get the rights of the role back. */
  leave(group: string, user: string): Promise<boolean>;
}
