import type Database from 'better-sqlite3';
import { watchedTables } from '../watched-tables.ts';

const counter = [
  'create table if not exists change_counter (changes bigint not null)',
  'insert into change_counter select 0 where not exists (select 1 from change_counter)',
].join(';\n');

/** The SQL that creates each trigger, by the name of the trigger. */
const triggers: ReadonlyMap<string, string> = new Map(
  watchedTables.flatMap(([table, events]) =>
    events.map((event) => {
      const name = `dockpass_count_${table}_${event.split(' ')[0]}`;
      const body = 'update change_counter set changes = changes + 1;';
      return [name, `CREATE TRIGGER ${name} after ${event} on ${table} begin ${body} end`] as const;
    }),
  ),
);

/**
 * Creates the triggers that count every change that any process makes to data on which access decisions depend. Call it
 * under the write lock. Triggers of another version of dockpass are replaced. Triggers that are correct are not
 * changed, because a full disk must not prevent a start.
 */
export function requireChangeTriggers(database: Database.Database): void {
  database.exec(counter);
  const installed = new Map(
    database
      .prepare<[], [string, string]>("select name, sql from sqlite_master where type = 'trigger'")
      .raw()
      .all(),
  );
  for (const [name, sql] of triggers) {
    // The texts can be compared, because SQLite stores the text of the statement unchanged, apart from its first words:
    // these are always stored as CREATE TRIGGER.
    if (installed.get(name) === sql) continue;
    database.exec(`drop trigger if exists ${name}; ${sql}`);
  }
}
