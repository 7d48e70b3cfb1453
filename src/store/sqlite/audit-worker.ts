// The audit thread: it writes large groups of audit events on its own connection.
import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import type { EventText } from '../../audit/event-text.ts';
import { beginEnd, chainEvents, type ChainEnd } from '../sql/audit/audit-chain.ts';

/** What the event loop sends: events, one in each line. One text is cheaper to send than a thousand. */
export type AuditGroup = string;

export interface AuditGroupWritten {
  /** The error of SQLite, if writing failed. */
  readonly error?: { readonly code: string; readonly message: string };
}

// This thread may wait for the write lock of another process, because no request waits for this thread.
const database = new Database(workerData as string, { timeout: 5000, fileMustExist: true });
database.pragma('synchronous = full');
const end = database.prepare<[], ChainEnd>(
  // The newest row is used only if a person removed the stored end. Then `--verify` reports it, and writing
  // continues.
  `select seq, hash from audit_end union all
   select * from (select seq, hash from audit_events order by seq desc limit 1) order by seq desc limit 1`,
);
// Columns are bound by position, in the order of the event's text. Binding by name would look up each name in each
// row.
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
