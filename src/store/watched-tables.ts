/**
 * The tables on which access decisions depend, each with the SQL events that increment the change counter. New refresh
 * tokens and times of last use affect no access decision, so their events are not in the list. Each backend creates a
 * trigger for each event, so that the changes of every process are counted.
 */
export const watchedTables: readonly (readonly [table: string, events: readonly string[]])[] = [
  ['users', ['insert', 'update', 'delete']],
  ['disabled_htpasswd_users', ['insert', 'delete']],
  ['user_groups', ['insert', 'update', 'delete']],
  ['group_members', ['insert', 'update', 'delete']],
  ['grants', ['insert', 'update', 'delete']],
  ['access_tokens', ['insert', 'update of hash, only_rights, expires_at', 'delete']],
  ['robots', ['insert', 'update of only_rights, disabled, expires_at', 'delete']],
  ['robot_secrets', ['insert', 'update', 'delete']],
  ['refresh_tokens', ['delete']],
  ['federated_sessions', ['delete']],
  ['trust_rules', ['insert', 'update of definition, pins', 'delete']],
];
