import { hash } from 'node:crypto';
import { watchedTables } from '../watched-tables.ts';

export const changeChannel = 'dockpass_changes';

/**
 * Tell every process, when a transaction that changed what decisions rest on commits, with the name of the connection
 * that changed it.
 */
const statements = [
  `create or replace function dockpass_tell_change() returns trigger language plpgsql as $$
   begin perform pg_notify('${changeChannel}', current_setting('application_name')); return null; end $$`,
  ...watchedTables.map(
    ([table, events]) =>
      `create or replace trigger dockpass_tell_change after ${events.join(' or ')} on ${table} for each statement execute function dockpass_tell_change()`,
  ),
].join(';\n');

/** Which triggers these are. */
export const triggersVersion = hash('sha256', statements, 'hex');
/** Gives the `version` of those that are there, or null. */
export const installedTriggers =
  "select obj_description(to_regprocedure('dockpass_tell_change()'), 'pg_proc') as version";
/**
 * Run under the migration lock by whoever finds others there. Not with every start: it locks the tables and writes, and
 * a full disk must keep nobody from starting.
 */
export const changeTriggers = `${statements};\ncomment on function dockpass_tell_change() is '${triggersVersion}'`;
