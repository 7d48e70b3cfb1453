// This script runs in the usage thread, which records the events of registries on its own database connection.
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { parentPort, workerData } from 'node:worker_threads';
import type { PlacedEvent } from '../../../events/registry-event.ts';
import type { Tables } from '../../sql/tables.ts';
import { recordEvents } from '../../sql/usage/record.ts';
import { sqliteDialect } from '../dialect.ts';

/** The message to the usage thread, as JSON: a text is cheaper to send than thousands of objects. */
export interface EventGroup {
  readonly events: readonly PlacedEvent[];
  /** In milliseconds since the epoch. */
  readonly receivedAt: number;
}

export type EventGroupWritten =
  /** The number of new events. */
  | { readonly recorded: number }
  /** The SQLite error that prevented the write. */
  | { readonly error: { readonly code: string; readonly message: string } };

// If another process holds the write lock, this thread waits up to 5 seconds for the lock. Nothing else waits for this
// thread.
const database = new Database(workerData as string, { timeout: 5000, fileMustExist: true });
database.pragma('synchronous = full');
const kysely = new Kysely<Tables>({ dialect: sqliteDialect(database) });

parentPort?.on('message', (group: string) => {
  const { events, receivedAt } = JSON.parse(group) as EventGroup;
  void attempt(events, receivedAt).then((written) => parentPort?.postMessage(written));
});

async function attempt(events: readonly PlacedEvent[], receivedAt: number): Promise<EventGroupWritten> {
  try {
    return { recorded: await recordEvents(kysely, events, receivedAt) };
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : 'SQLITE_ERROR';
    return { error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
}
