import Database from 'better-sqlite3';
import { DockpassError } from '../../errors.ts';

/** Describes what is wrong with the file, and what to do. Returns other errors unchanged. */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT')) {
    return new DockpassError(
      'database',
      `${path} is damaged. Restore a backup with "dockpass restore FILE", or move it away to start with an empty database.`,
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
    `the database ${path} cannot be used: ${error.message}. Restore a backup with "dockpass restore FILE" if the file is damaged.`,
    {
      cause: error,
    },
  );
}

/** Returns true if another process has locked the database. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
