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

/** How many milliseconds a write waits for the write lock while another process holds it. */
const lockTimeoutMs = 5000;
/**
 * The maximum size of the page cache in KiB. SQLite allocates this memory only when it needs it. For a database with a
 * million users, all inner pages of the indexes fit into the cache.
 */
const pageCache = 16_384;
/**
 * If the event loop needs more than this many milliseconds to write a few audit events, the disk is slow, and every
 * token would wait for it. In this case, the audit thread writes all later events.
 */
const slowWriteMs = 20;

/**
 * Opens the database at `path`. Creates the file at the first start, and brings the schema up to date.
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
      // Kysely closes the database only if Kysely has run a query. So the database is closed here, which does no harm
      // if it is closed already.
      database.close();
    },
  };
}

/**
 * Creates a Kysely dialect that rolls back only if a transaction is open. When the disk is full, SQLite has already
 * rolled back by itself. A second rollback would fail and hide the original error.
 */
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
    // SQLite would create a file that every user can read, but the database contains password hashes. So the file is
    // created here with mode 0600. SQLite gives the files -wal and -shm the same mode.
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new DockpassError(
      'data_directory',
      `cannot write ${path}: ${messageOf(cause)}. Make the user that runs dockpass the owner of the folder (chown).`,
      { cause },
    );
  }
  // SQLite must not wait for locks by itself, because this would block the event loop and delay all tokens. Instead,
  // `retryWhileBusy` waits.
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

/** Repeats an attempt while another process holds the write lock, without blocking the event loop. */
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
        `${path} is damaged (${String(answer)}). Move this file away, then restore a backup with "dockpass restore FILE".`,
      );
    } finally {
      database.close();
    }
  } catch (error) {
    throw explainSqliteError(error, path);
  }
}
