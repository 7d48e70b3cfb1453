import { hash } from 'node:crypto';
import { watchedTables } from '../watched-tables.ts';

export const changeChannel = 'dockpass_changes';

/**
 * SQL that creates triggers. When a transaction commits a change to data on which access decisions depend, the triggers
 * notify every process. The notification contains the name of the connection that made the change.
 */
const statements = [
  `create or replace function dockpass_tell_change() returns trigger language plpgsql as $$
   begin
     perform pg_catalog.pg_notify('${changeChannel}', pg_catalog.current_setting('application_name'));
     return null;
   end $$`,
  ...watchedTables.map(
    ([table, events]) =>
      `create or replace trigger dockpass_tell_change after ${events.join(' or ')} on ${table} for each statement execute function dockpass_tell_change()`,
  ),
].join(';\n');

/** A hash that identifies this version of the triggers. */
export const triggersVersion = hash('sha256', statements, 'hex');
/**
 * A query for the function that all triggers call. If this function does not exist, the query returns no row. `version`
 * is the value that `triggersVersion` had in the dockpass that installed the triggers. `ours` is false if the function
 * belongs to another role. `count` is the number of triggers that call the function.
 */
export const installedTriggers = `select pg_catalog.obj_description(oid, 'pg_proc') as version,
    pg_catalog.pg_has_role(proowner, 'USAGE') as ours,
    (select pg_catalog.count(*) from pg_catalog.pg_trigger where tgfoid = pg_proc.oid) as count
  from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('dockpass_tell_change()')`;
/**
 * SQL that installs the triggers. It runs under the migration lock, and only if a different version of the triggers is
 * installed. It does not run at every start, because it locks the tables and writes to the disk, and a full disk must
 * not prevent a start.
 */
export const changeTriggers = `${statements};\ncomment on function dockpass_tell_change() is '${triggersVersion}'`;
