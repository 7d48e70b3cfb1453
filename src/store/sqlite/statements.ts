import type Database from 'better-sqlite3';
import { createLru } from '../../cache/lru.ts';

/**
 * The maximum number of statements in the LRU cache. The cache drops statements that were not used recently, but it
 * always contains the 200 statements that were used last (half of the maximum, see lru.ts).
 */
const capacity = 400;

/**
 * Caches prepared statements by their SQL text, because preparing a query that reads a few rows takes longer than
 * running it.
 */
export function cacheStatements(database: Database.Database): (sql: string) => Database.Statement {
  const statements = createLru<Database.Statement>(capacity);
  return (sql) => {
    const cached = statements.get(sql);
    if (cached !== undefined) return cached;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}
