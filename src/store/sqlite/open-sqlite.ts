import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, SqliteDriver, type DatabaseConnection, type Dialect } from 'kysely';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError, messageOf } from '../../errors.ts';
import { explainSqliteError, isBusy } from './explain-error.ts';
import { migrateSqlite } from './schema.ts';
import { cacheStatements } from './statements.ts';
import { sqliteChanges } from './changes.ts';
import { sqliteAuditWriter, minRowsForThread } from './audit-writer.ts';
import type { AuditLog, Store } from '../store.ts';
import type { Tables } from '../sql/tables.ts';
import { changeWithin, createRepositories } from '../sql/repositories.ts';
import type { Write } from '../sql/write.ts';

/** Milliseconds. How long a write waits for the write of another process. */
const lockTimeoutMs = 5000;
/** KiB, allocated when needed. Enough for the inner pages of a database with a million users. */
const pageCache = 16_384;
/**
 * Milliseconds. If the disk needs longer for a few events, every token would wait for it. Then the audit thread
 * writes them.
 */
const slowWriteMs = 20;

/**
 * Opens the database at `path`. Creates it at the first start, and brings its schema up to date.
 * @throws DockpassError `database`, `data_directory`
 */
export async function openSqlite(path: string): Promise<Store> {
  const database = await retryWhileBusy(() => openFile(path)).catch((error: unknown) => {
    throw explainSqliteError(error, path);
  });
  try {
    await retryWhileBusy(() => migrateSqlite(database));
  } catch (error) {
    database.close();
    throw explainSqliteError(error, path);
  }
  const { changes, markChanged } = sqliteChanges(database);
  const kysely = new Kysely<Tables>({ dialect: dialectOf(database) });
  const quietly: Write = (statement) =>
    retryWhileBusy(statement).catch((error: unknown) => {
      throw explainSqliteError(error, path);
    });
  const counted: Write = async (statement) => {
    const result = await quietly(statement);
    markChanged();
    return result;
  };
  const ports = createRepositories(kysely, { counted, quietly });
  const writer = sqliteAuditWriter(path);
  let isSlow = false;
  const append: AuditLog['append'] = async (events, isRetry = false) => {
    if (!isRetry && (isSlow || events.length >= minRowsForThread))
      return quietly(() => writer.append(events));
    const begin = performance.now();
    await ports.auditLog.append(events, isRetry);
    isSlow = performance.now() - begin > slowWriteMs;
  };
  return {
    ...ports,
    auditLog: { ...ports.auditLog, append },
    change: (what, work) =>
      counted(() => kysely.transaction().execute((transaction) => changeWithin(transaction, what, work))),
    changes,
    close: async () => {
      await writer.close();
      await kysely.destroy();
      // kysely closes the database only if it has used it.
      database.close();
    },
  };
}

/** When the disk is full, SQLite rolls back by itself. A second rollback would fail and hide the cause. */
function dialectOf(database: Database.Database): Dialect {
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

function openFile(path: string): Database.Database {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // The database contains password hashes, but SQLite would create a file that every user can read. The files
    // -wal and -shm get the same mode.
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new DockpassError(
      'data_directory',
      `cannot write ${path}: ${messageOf(cause)}. Give its folder to the user that runs dockpass (chown).`,
      { cause },
    );
  }
  // SQLite must not wait for locks itself, because that blocks the event loop and all tokens. `retryWhileBusy` waits
  // instead.
  const database = new Database(path, { timeout: 0 });
  try {
    database.pragma('journal_mode = wal');
    database.pragma('synchronous = full');
    database.pragma('foreign_keys = on');
    database.pragma(`cache_size = -${pageCache}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Tries again while another process has the write lock, without blocking the event loop. */
async function retryWhileBusy<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
  const end = Date.now() + lockTimeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() >= end) {
        throw new DockpassError(
          'database_busy',
          'another process has locked the database for 5 seconds. Try again when it has finished.',
          { cause: error },
        );
      }
      await wait(10 + Math.random() * 15);
    }
  }
}

/**
 * Checks whether the database is intact, without changing it.
 * @throws DockpassError `database`
 */
export function examineSqlite(path: string): void {
  try {
    const database = new Database(path, { readonly: true, fileMustExist: true, timeout: lockTimeoutMs });
    try {
      const answer = database.pragma('quick_check(1)', { simple: true });
      if (answer === 'ok') return;
      throw new DockpassError(
        'database',
        `${path} is damaged (${String(answer)}). Restore a backup with "dockpass restore FILE".`,
      );
    } finally {
      database.close();
    }
  } catch (error) {
    throw explainSqliteError(error, path);
  }
}
