import type Database from 'better-sqlite3';
import { SqliteDialect, SqliteDriver, type DatabaseConnection, type Dialect } from 'kysely';
import { cacheStatements } from './statements.ts';

/**
 * Creates a Kysely dialect that rolls back only if a transaction is open. When the disk is full, SQLite has already
 * rolled back by itself. A second rollback would fail and hide the original error.
 */
export function sqliteDialect(database: Database.Database): Dialect {
  class Driver extends SqliteDriver {
    override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
      if (database.inTransaction) await super.rollbackTransaction(connection);
    }
  }
  class OwnDialect extends SqliteDialect {
    override createDriver(): Driver {
      return new Driver({ database: { prepare: cacheStatements(database), close: () => database.close() } });
    }
  }
  return new OwnDialect({ database });
}
