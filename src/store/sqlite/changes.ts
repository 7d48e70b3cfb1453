import type Database from 'better-sqlite3';
import { perTick } from '../../cache/per-tick.ts';
import { watchedTables } from '../watched-tables.ts';

/**
 * Triggers that count every change that decisions depend on, in any process. They are created at every start
 * under the migration lock, so that they match the version that starts.
 */
export const changeTriggers = [
  'create table if not exists change_counter (changes bigint not null)',
  'insert into change_counter select 0 where not exists (select 1 from change_counter)',
  ...watchedTables.flatMap(([table, events]) =>
    events.map((event) => {
      const name = `dockpass_count_${table}_${event.split(' ')[0]}`;
      return `drop trigger if exists ${name};
        create trigger ${name} after ${event} on ${table} begin update change_counter set changes = changes + 1; end`;
    }),
  ),
].join(';\n');

/**
 * Implements Store.changes. `data_version` shows cheaply whether another connection has committed. Only then, and
 * after a write of this process, the counter is read. Audit rows do not increment the counter. Commits of other
 * processes are detected once in each tick of the event loop. A request that begins after a commit is never in a
 * tick that began before it.
 */
export function sqliteChanges(database: Database.Database): { changes(): number; wrote(): void } {
  const version = database.prepare<[], number>('pragma data_version').pluck();
  const counter = database.prepare<[], number>('select changes from change_counter').pluck();
  const currentVersion = perTick(() => version.get());
  let seen: number | undefined;
  let changes = 0;
  return {
    changes: () => {
      const now = currentVersion();
      if (now !== seen) {
        changes = counter.get() ?? 0;
        seen = now;
      }
      return changes;
    },
    wrote: () => (seen = undefined),
  };
}
