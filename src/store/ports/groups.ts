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
  /** Removes a group with its memberships and grants. */
  remove(name: string): Promise<boolean>;
  join(group: string, user: string): Promise<boolean>;
  leave(group: string, user: string): Promise<boolean>;
}
