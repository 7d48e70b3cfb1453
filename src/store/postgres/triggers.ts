import { hash } from 'node:crypto';
import { watchedTables } from '../watched-tables.ts';

export const changeChannel = 'dockpass_changes';

/**
 * Triggers that notify every process when a transaction commits that changed what decisions depend on. The
 * notification contains the name of the connection.
 */
const statements = [
  `create or replace function dockpass_tell_change() returns trigger language plpgsql as $$
   begin perform pg_notify('${changeChannel}', current_setting('application_name')); return null; end $$`,
  ...watchedTables.map(
    ([table, events]) =>
      `create or replace trigger dockpass_tell_change after ${events.join(' or ')} on ${table} for each statement execute function dockpass_tell_change()`,
  ),
].join(';\n');

/** Identifies this version of the triggers. */
export const triggersVersion = hash('sha256', statements, 'hex');
/** Selects the `version` of the installed triggers, or null. */
export const installedTriggers =
  "select obj_description(to_regprocedure('dockpass_tell_change()'), 'pg_proc') as version";
/**
 * Runs under the migration lock, only if other triggers are installed. It is not run at every start, because it
 * locks the tables and writes, and a full disk must not prevent a start.
 */
export const changeTriggers = `${statements};\ncomment on function dockpass_tell_change() is '${triggersVersion}'`;
