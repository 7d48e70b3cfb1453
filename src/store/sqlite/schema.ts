import type Database from 'better-sqlite3';
import {
  hasCompatibilityTable,
  missingMigrations,
  schemaOf,
  schemaQueries,
  type Compatibility,
  type Schema,
} from '../migration/migrate.ts';
import { requireChangeTriggers } from './triggers.ts';

/**
 * Brings the schema up to date. Runs under the write lock, so if two processes start at once, one of them migrates, and
 * the other one finds the schema up to date.
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
    requireChangeTriggers(database);
  });
  applyMissing.immediate();
}

/** @param prefix `backup.` for the attached database of that name, or empty for the main database */
export function readSqliteSchema(database: Database.Database, prefix: '' | 'backup.' = ''): Schema {
  const from = (query: string): string => query.replace(' from ', ` from ${prefix}`);
  const applied = database.prepare<[], number>(from(schemaQueries.applied)).pluck().all();
  const compatibility = hasCompatibilityTable(applied)
    ? database.prepare<[], Compatibility>(from(schemaQueries.compatibility)).all()
    : [];
  return schemaOf(applied, compatibility);
}

/**
 * A migration contains comments that start with `sqlite:`. This function removes the comment marks and the word
 * `sqlite:`, so that SQLite executes the rest. PostgreSQL ignores these comments. Their text is the option `without
 * rowid`, which makes SQLite store each row in the index of its primary key (https://sqlite.org/withoutrowid.html). In
 * a database with a million users, this option saves two page reads for each login and makes the database a quarter
 * smaller.
 */
export function forSqlite(sql: string): string {
  return sql.replaceAll(/\/\* sqlite: (.*?) \*\//g, '$1');
}
