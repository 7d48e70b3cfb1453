// This script runs in the audit thread, which writes large groups of audit events on its own database connection.
import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import type { EventText } from '../../audit/event-text.ts';
import { beginEnd, chainEvents, type ChainEnd } from '../sql/audit/audit-chain.ts';

/**
 * The message to the audit thread: a text with one event in each line. Sending one long text is cheaper than sending a
 * thousand short ones.
 */
export type AuditGroup = string;

export interface AuditGroupWritten {
  /** The SQLite error that prevented the write. Undefined if the events were written. */
  readonly error?: { readonly code: string; readonly message: string };
}

// If another process holds the write lock, this thread waits up to 5 seconds for the lock. This does not delay token
// requests, because they do not wait for this thread.
const database = new Database(workerData as string, { timeout: 5000, fileMustExist: true });
database.pragma('synchronous = full');
const end = database.prepare<[], ChainEnd>(
  // Normally, new rows continue the chain after the row that audit_end describes. If someone has emptied audit_end, new
  // rows continue after the newest row of the log, and `dockpass audit --verify` reports the problem.
  `select seq, hash from audit_end union all
   select * from (select seq, hash from audit_events order by seq desc limit 1) order by seq desc limit 1`,
);
// Values are bound to columns by position. Therefore the columns from `id` to `times` have the same order as the values
// in `EventText`. Binding by name would be slower, because each name would be looked up for each row.
const columns =
  'seq, id, at, outcome, subject, address, client, host, realm, asked, granted, reason, token_id, times, hash';
const insert = database.prepare<(string | number)[]>(
  `insert into audit_events (${columns}) values (${columns.replace(/\w+/g, '?')})`,
);
const begin = database.prepare(beginEnd);
const moveEnd = database.prepare<ChainEnd>('update audit_end set seq = @seq, hash = @hash');
const write = database.transaction((events: readonly EventText[]) => {
  begin.run();
  const links = chainEvents(events, end.get());
  for (const { event, seq, hash } of links)
    insert.run(seq, ...(JSON.parse(event) as (string | number)[]), hash);
  const last = links.at(-1);
  if (last !== undefined) moveEnd.run({ seq: last.seq, hash: last.hash });
});

parentPort?.on('message', (events: AuditGroup) => {
  parentPort?.postMessage(attempt(events.split('\n') as EventText[]));
});

function attempt(events: readonly EventText[]): AuditGroupWritten {
  try {
    write.immediate(events);
    return {};
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : 'SQLITE_ERROR';
    return { error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
}
