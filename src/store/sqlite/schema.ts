import type Database from 'better-sqlite3';
import {
  hasCompatibilityTable,
  missingMigrations,
  schemaOf,
  schemaQueries,
  type Compatibility,
  type Schema,
} from '../migration/migrate.ts';
import { changeTriggers } from './triggers.ts';

/**
 * Brings the schema up to date. Runs under the write lock: if two processes start at once, one migrates and the other
 * finds it done.
 */
export function migrateSqlite(database: Database.Database): void {
  const applyMissing = database.transaction(() => {
    database.exec('create table if not exists migrations (number bigint primary key, name text not null)');
    const schema = readSqliteSchema(database);
    const record = database.prepare('insert into migrations (number, name) values (?, ?)');
    for (const { number, name, sql } of missingMigrations(schema)) {
      database.exec(forSqlite(sql));
      record.run(number, name);
    }
    database.exec(changeTriggers);
  });
  applyMissing.immediate();
}

export function readSqliteSchema(database: Database.Database): Schema {
  const applied = database.prepare<[], number>(schemaQueries.applied).pluck().all();
  const compatibility = hasCompatibilityTable(applied)
    ? database.prepare<[], Compatibility>(schemaQueries.compatibility).all()
    : [];
  return schemaOf(applied, compatibility);
}

/**
 * Returns the migration with the text of its comments that begin with `sqlite:`. That text is `without rowid`,
 * which stores rows in the tree of their primary key (https://sqlite.org/withoutrowid.html). With a million users,
 * a login then reads two pages less, and the database is a quarter smaller.
 */
function forSqlite(sql: string): string {
  return sql.replaceAll(/\/\* sqlite: (.*?) \*\//g, '$1');
}
