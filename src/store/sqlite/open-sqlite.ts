import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError, messageOf } from '../../errors.ts';
import { createReserve, lacksSpace, withReserve } from './disk-reserve.ts';
import { explainSqliteError, isBusy } from './explain-error.ts';
import { migrateSqlite } from './schema.ts';
import { sqliteDialect } from './dialect.ts';
import { sqliteChanges } from './changes.ts';
import { sqliteAuditWriter, minRowsForThread } from './threads/audit-writer.ts';
import { sqliteUsageWriter } from './threads/usage-writer.ts';
import type { AuditLog, Store } from '../store.ts';
import type { Tables } from '../sql/tables.ts';
import { changeWithin, createRepositories } from '../sql/repositories.ts';
import type { Write } from '../sql/write.ts';

/** The maximum time that a write waits for the write lock while another process holds it, in milliseconds. */
const lockTimeoutMs = 5000;
/**
 * The maximum size of the page cache in KiB. SQLite allocates this memory only when it needs it. For a database with a
 * million users, all inner pages of the indexes fit into the cache.
 */
const pageCache = 16_384;
/**
 * The time limit for the event loop to write a few audit events, in milliseconds. If writing takes longer, the disk is
 * slow, and every token request would wait for the disk. In this case, the audit thread writes all later events.
 */
const slowWriteMs = 20;

/**
 * Opens the database at `path`. Creates the file if it does not exist, and brings the schema up to date.
 * @throws DockpassError `database`, `data_directory`
 */
export async function openSqlite(path: string): Promise<Store> {
  const database = await retryWhileBusy(() => withReserve(path, () => openFile(path))).catch(
    (error: unknown) => {
      throw explainSqliteError(error, path);
    },
  );
  try {
    await retryWhileBusy(() => migrateSqlite(database));
  } catch (error) {
    database.close();
    throw explainSqliteError(error, path);
  }
  createReserve(path);
  const { changes, markChanged } = sqliteChanges(database);
  const kysely = new Kysely<Tables>({ dialect: sqliteDialect(database) });
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
  const usageWriter = sqliteUsageWriter(path);
  let isSlow = false;
  const append: AuditLog['append'] = async (events, isRetry = false, chain = 'proven') => {
    if (!isRetry && (isSlow || events.length >= minRowsForThread))
      return quietly(() => writer.append(events, chain));
    const begin = performance.now();
    await ports.auditLog.append(events, isRetry, chain);
    isSlow = performance.now() - begin > slowWriteMs;
  };
  return {
    ...ports,
    auditLog: { ...ports.auditLog, append, lacksSpace: () => lacksSpace(dirname(path)) },
    usage: {
      ...ports.usage,
      record: (events, receivedAt) => quietly(() => usageWriter.record(events, receivedAt)),
    },
    change: (what, work) =>
      counted(() => kysely.transaction().execute((transaction) => changeWithin(transaction, what, work))),
    changes,
    announce: async (describe) => (await import('./server-socket.ts')).announceAtSocket(path, describe),
    close: async () => {
      await Promise.all([writer.close(), usageWriter.close()]);
      await kysely.destroy();
      // If Kysely has not run a query, it does not close the database. So close the database here. If it is already
      // closed, this call has no effect.
      database.close();
    },
  };
}

function openFile(path: string): Database.Database {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    // SQLite would create a file that every user can read, but the database contains password hashes. So the file is
    // created here with mode 0600. SQLite gives the files -wal and -shm the same mode.
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new DockpassError(
      'data_directory',
      `cannot write ${path}: ${messageOf(cause)}. Change the owner of its folder to the user that runs dockpass (chown).`,
      { cause },
    );
  }
  // While SQLite waits for a lock by itself, it blocks the event loop and delays all token requests. So its timeout is
  // 0, and `retryWhileBusy` waits for the lock without blocking.
  const database = new Database(path, { timeout: 0 });
  try {
    database.pragma('journal_mode = wal');
    database.pragma('synchronous = full');
    database.pragma('foreign_keys = on');
    database.pragma(`cache_size = -${pageCache}`);
    // The first query creates the file -shm if it does not exist, which fails if the disk is full.
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Calls `attempt` repeatedly until no other process holds the write lock, but for at most 5 seconds. Does not block the
 * event loop between the calls.
 */
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
 * Checks whether the database is intact. Does not change the database.
 * @throws DockpassError `database` if the database is damaged or cannot be opened
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
