/**
 * Tells every process, when a transaction that changed what decisions rest on commits. Triggers, so that no writer can
 * forget it, with the name of the connection that changed it; a new refresh token and a time of last use change no decision and tell nothing.
 */
export const changeChannel = 'dockpass_changes';

const watched: readonly (readonly [table: string, events: string])[] = [
  ['users', 'insert or update or delete'],
  ['user_groups', 'insert or update or delete'],
  ['group_members', 'insert or update or delete'],
  ['grants', 'insert or update or delete'],
  ['access_tokens', 'insert or delete or update of hash, only_rights, expires_at'],
  ['robots', 'insert or delete or update of only_rights, disabled, expires_at'],
  ['robot_secrets', 'insert or update or delete'],
  ['refresh_tokens', 'delete'],
];

/** Run with every start under the migration lock, so that it fits the version that starts. */
export const changeTriggers = [
  `create or replace function dockpass_tell_change() returns trigger language plpgsql as $$
   begin perform pg_notify('${changeChannel}', current_setting('application_name')); return null; end $$`,
  ...watched.map(
    ([table, events]) =>
      `create or replace trigger dockpass_tell_change after ${events} on ${table} for each statement execute function dockpass_tell_change()`,
  ),
].join(';\n');
