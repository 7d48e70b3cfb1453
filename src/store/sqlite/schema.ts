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
 * A migration with what its comments that begin with `sqlite:` say. That is `without rowid`: rows lie in the tree of
 * their key, where else one tree leads to the next (https://sqlite.org/withoutrowid.html). Among a million users that is
 * two pages less to read for a login, and a database smaller by a quarter.
 */
export function forSqlite(sql: string): string {
  return sql.replaceAll(/\/\* sqlite: (.*?) \*\//g, '$1');
}
