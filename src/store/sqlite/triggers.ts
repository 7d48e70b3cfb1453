import type Database from 'better-sqlite3';
import { watchedTables } from '../watched-tables.ts';

const counter = [
  'create table if not exists change_counter (changes bigint not null)',
  'insert into change_counter select 0 where not exists (select 1 from change_counter)',
].join(';\n');

/** Maps the name of each trigger to the SQL that creates the trigger. */
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
 * Creates the triggers that count every change that any process makes to data on which access decisions depend. Call
 * this function under the write lock. Triggers that another version of dockpass created differently are replaced.
 * Correct triggers are not written again, because the write would fail if the disk is full, and the server could not
 * start.
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
    // SQLite stores the text of the statement unchanged, except that the first words always become CREATE TRIGGER. The
    // texts in `triggers` begin with these words too, so the comparison is exact.
    if (installed.get(name) === sql) continue;
    database.exec(`drop trigger if exists ${name}; ${sql}`);
  }
}
