/**
 * The tables that decisions depend on, and the changes that count. A new refresh token and a time of last use
 * change no decision. Each backend creates triggers for these tables, so that no writer can forget to count its
 * change.
 */
export const watchedTables: readonly (readonly [table: string, events: readonly string[]])[] = [
  ['users', ['insert', 'update', 'delete']],
  ['user_groups', ['insert', 'update', 'delete']],
  ['group_members', ['insert', 'update', 'delete']],
  ['grants', ['insert', 'update', 'delete']],
  ['access_tokens', ['insert', 'update of hash, only_rights, expires_at', 'delete']],
  ['robots', ['insert', 'update of only_rights, disabled, expires_at', 'delete']],
  ['robot_secrets', ['insert', 'update', 'delete']],
  ['refresh_tokens', ['delete']],
];
