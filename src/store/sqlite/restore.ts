import type Database from 'better-sqlite3';
import { DockpassError } from '../../errors.ts';
import { allMigrations, missingMigrations, unknownMigrations } from '../migration/migrate.ts';
import { forSqlite, readSqliteSchema } from './schema.ts';

/** The tables that say which migrations were applied. Their content is created and not copied. */
const schemaTables: ReadonlySet<string> = new Set(['migrations', 'schema_compatibility']);

/**
 * Prepares a connection for a file that may be hostile. Afterwards, the schema of the file cannot make SQLite call
 * functions with side effects, and SQLite checks pages for damage when it reads them
 * (https://sqlite.org/security.html).
 */
export function distrustSchema(database: Database.Database): void {
  database.pragma('trusted_schema = off');
  database.pragma('cell_size_check = on');
}

/**
 * Copies the rows of a backup to a new, empty database. Copies nothing else: the migrations create the tables of the
 * new database. So triggers, views, constraints and generated columns that someone has added to the backup have no
 * effect.
 * @param file the path of the backup, which was checked before
 * @throws DockpassError `database` if the tables of the backup are not those that its applied migrations create
 */
export function copyRows(target: Database.Database, file: string): void {
  distrustSchema(target);
  target.pragma('foreign_keys = off');
  target.prepare('attach database ? as backup').run(file);
  try {
    target.transaction(() => {
      createTables(target, appliedMigrations(target, file));
      for (const table of tablesOf(target)) copyTable(target, table, file);
      if ((target.pragma('main.foreign_key_check') as unknown[]).length > 0) throw damaged(file);
    })();
  } finally {
    target.exec('detach database backup');
  }
}

function appliedMigrations(database: Database.Database, file: string): ReadonlySet<number> {
  const schema = readSqliteSchema(database, 'backup.');
  const missing = missingMigrations(schema);
  if (unknownMigrations(schema.applied).length > 0)
    throw new DockpassError(
      'database',
      `${file} has tables of a newer version of dockpass. Run dockpass restore with the newer version.`,
    );
  // dockpass applies migrations in the order of their numbers. So a backup that contains a migration but lacks one with
  // a lower number is damaged. It must be rejected before `createTables` runs. Otherwise a migration could change a
  // table that the missing migration should have created. SQLite would not find this table in the new database, and
  // would change the table of the same name in the attached backup.
  const newest = Math.max(...schema.applied);
  if (missing.some(({ number }) => number < newest)) throw damaged(file);
  return schema.applied;
}

/**
 * Creates the tables by applying the migrations in `applied`. The next start of dockpass applies the other migrations.
 */
function createTables(database: Database.Database, applied: ReadonlySet<number>): void {
  database.exec('create table main.migrations (number bigint primary key, name text not null)');
  const record = database.prepare('insert into main.migrations (number, name) values (?, ?)');
  for (const { number, name, sql } of allMigrations()) {
    if (!applied.has(number)) continue;
    database.exec(forSqlite(sql));
    record.run(number, name);
  }
}

function tablesOf(database: Database.Database): string[] {
  return database
    .prepare<[], string>(
      `select name from main.sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`,
    )
    .pluck()
    .all()
    .filter((name) => !schemaTables.has(name));
}

function copyTable(database: Database.Database, table: string, file: string): void {
  requireTable(database, table, file);
  const columns = database.prepare<[string], string>(`select name from pragma_table_info(?, 'main')`).pluck();
  const list = columns
    .all(table)
    .map((name) => `"${name}"`)
    .join(', ');
  // Remove the rows that a migration has inserted, because the backup contains them too.
  database.exec(`delete from main."${table}"`);
  database.exec(`insert into main."${table}" (${list}) select ${list} from backup."${table}"`);
}

/**
 * Checks that the backup has an ordinary table of this name. A view or a virtual table is rejected, because reading it
 * can run any query.
 */
export function requireTable(
  database: Database.Database,
  table: string,
  file: string,
  schema = 'backup',
): void {
  const sql = database
    .prepare<[string], string>(`select sql from "${schema}".sqlite_schema where type = 'table' and name = ?`)
    .pluck()
    .get(table);
  if (sql === undefined || /^\s*create\s+virtual/i.test(sql)) throw damaged(file);
}

function damaged(file: string): DockpassError {
  return new DockpassError(
    'database',
    `${file} does not have the tables of a backup: it is damaged, or another program has changed it. Use another backup.`,
  );
}
