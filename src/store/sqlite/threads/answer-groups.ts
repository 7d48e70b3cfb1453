import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';

/** The answer of a thread: what it returned, or the SQLite error that prevented the write. */
export type GroupAnswer<Result> =
  { readonly result: Result } | { readonly error: { readonly code: string; readonly message: string } };

/**
 * Opens the database of a thread. If another process holds the write lock, the thread waits up to 5 seconds for the
 * lock. This does not delay token requests, because they do not wait for the thread.
 */
export function openThreadDatabase(): Database.Database {
  const database = new Database(workerData as string, { timeout: 5000, fileMustExist: true });
  database.pragma('synchronous = full');
  return database;
}

/** Calls `write` for each group that the main thread sends, and sends back the result. */
export function answerGroups<Result>(write: (group: string) => Result | Promise<Result>): void {
  const attempt = async (group: string): Promise<GroupAnswer<Result>> => {
    try {
      return { result: await write(group) };
    } catch (error) {
      const code = error instanceof Database.SqliteError ? error.code : 'SQLITE_ERROR';
      return { error: { code, message: error instanceof Error ? error.message : String(error) } };
    }
  };
  parentPort?.on('message', (group: string) => {
    void attempt(group).then((answer) => parentPort?.postMessage(answer));
  });
}
