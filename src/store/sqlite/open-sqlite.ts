import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, SqliteDriver, type DatabaseConnection, type Dialect } from 'kysely';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError, messageOf } from '../../errors.ts';
import { forSqlite, readSqliteSchema } from './schema.ts';
import { missingMigrations } from '../migration/migrate.ts';
import { cacheStatements } from './statements.ts';
import { changeTriggers, sqliteChanges } from './changes.ts';
import { sqliteAuditWriter, minRowsForThread } from './audit-writer.ts';
import type { AuditLog, Store } from '../store.ts';
import type { Tables } from '../sql/tables.ts';
import { changeWithin, createRepositories } from '../sql/repositories.ts';
import type { Write } from '../sql/write.ts';

/** Milliseconds that a write waits for another process's write. */
const patience = 5000;
/** KiB, taken as they are needed. Of a database with a million users, all pages that lead to others. */
const pageCache = 16_384;
/** Milliseconds. Where the disk takes longer for a few events, every token would wait for it: a thread does instead. */
const slow = 20;

/**
 * Opens the database at `path`, making it on the first start and bringing its schema up to date.
 * @throws DockpassError `database`, `data_directory`
 */
export async function openSqlite(path: string): Promise<Store> {
  const database = await eventually(() => openFile(path)).catch((error: unknown) => {
    throw explain(error, path);
  });
  try {
    await eventually(() => migrate(database));
  } catch (error) {
    database.close();
    throw explain(error, path);
  }
  const { changes, wrote } = sqliteChanges(database);
  const kysely = new Kysely<Tables>({ dialect: dialectOf(database) });
  const quietly: Write = (statement) =>
    eventually(statement).catch((error: unknown) => {
      throw explain(error, path);
    });
  const counted: Write = async (statement) => {
    const result = await quietly(statement);
    wrote();
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
    isSlow = performance.now() - begin > slow;
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
      // kysely closes only what it has used.
      database.close();
    },
  };
}

/** SQLite itself rolls back when the disk is full; a second rollback would fail, and hide why. */
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
    // SQLite would make it readable by all; it holds password hashes. Its -wal and -shm take the same mode.
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new DockpassError(
      'data_directory',
      `cannot write ${path}: ${messageOf(cause)}; give its folder to the user that runs dockpass`,
      { cause },
    );
  }
  // No waiting inside SQLite: it would hold up the event loop, and with it every token. See `eventually`.
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

/** Under the write lock, so that of two starts at once one migrates and the other finds it done. */
function migrate(database: Database.Database): void {
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

/** Tries again while another process holds the write lock, without holding up the event loop. */
async function eventually<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() >= end) {
        throw new DockpassError(
          'database_busy',
          'another process has held the database for 5 seconds; try again when it is done',
          { cause: error },
        );
      }
      await wait(10 + Math.random() * 15);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function explain(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT')) {
    return new DockpassError(
      'database',
      `${path} is damaged: bring a backup back with "dockpass restore FILE", or move it away to start anew`,
      { cause: error },
    );
  }
  if (error.code === 'SQLITE_FULL') {
    return new DockpassError(
      'database',
      `the disk under ${path} is full: free some space; nothing was changed`,
      {
        cause: error,
      },
    );
  }
  return new DockpassError('database', `the database ${path} cannot be used: ${error.message}`, {
    cause: error,
  });
}

/**
 * Looks whether the database is whole, changing nothing.
 * @throws DockpassError `database`
 */
export function examineSqlite(path: string): void {
  try {
    const database = new Database(path, { readonly: true, fileMustExist: true, timeout: patience });
    try {
      const answer = database.pragma('quick_check(1)', { simple: true });
      if (answer !== 'ok') throw new DockpassError('database', `${path} is damaged: ${String(answer)}`);
    } finally {
      database.close();
    }
  } catch (error) {
    throw explain(error, path);
  }
}
