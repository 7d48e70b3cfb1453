import { watchedTables } from './watched-tables.ts';

export const changeChannel = 'dockpass_changes';

/**
 * Tell every process, when a transaction that changed what decisions rest on commits, with the name of the connection
 * that changed it. Run with every start under the migration lock, so that they fit the version that starts.
 */
export const changeTriggers = [
  `create or replace function dockpass_tell_change() returns trigger language plpgsql as $$
   begin perform pg_notify('${changeChannel}', current_setting('application_name')); return null; end $$`,
  ...watchedTables.map(
    ([table, events]) =>
      `create or replace trigger dockpass_tell_change after ${events.join(' or ')} on ${table} for each statement execute function dockpass_tell_change()`,
  ),
].join(';\n');
