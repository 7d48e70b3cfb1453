import Database from 'better-sqlite3';
import { DockpassError } from '../../errors.ts';

/**
 * Converts a SQLite error into a DockpassError that describes the problem and the fix. Returns all other errors
 * unchanged.
 */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT')) {
    return new DockpassError(
      'database',
      `${path} is damaged. Move this file away. Then restore a backup with "dockpass restore FILE", or start with an empty database.`,
      { cause: error },
    );
  }
  if (error.code === 'SQLITE_FULL') {
    return new DockpassError(
      'database',
      `the disk that contains ${path} is full, so nothing was changed. Free some space.`,
      {
        cause: error,
      },
    );
  }
  return new DockpassError(
    'database',
    `the database ${path} cannot be used: ${error.message}. If the file is damaged, move it away and restore a backup with "dockpass restore FILE".`,
    {
      cause: error,
    },
  );
}

/** Returns true if another process has locked the database. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
