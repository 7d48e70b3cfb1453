import Database from 'better-sqlite3';
import type { EventText } from '../../audit/event-text.ts';
import { Thread } from '../../thread.ts';
import type { AuditGroup, AuditGroupWritten } from './audit-worker.ts';

/**
 * The minimum size of a group of events that the audit thread writes. The event loop writes smaller groups itself,
 * because a thread costs some megabytes of memory, and a server with little load never needs the thread.
 */
export const minRowsForThread = 200;

export interface AuditWriter {
  append(events: readonly EventText[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates a writer that writes large groups of audit events in a second thread. The only purpose of the thread is speed
 * (docs/adr/0030 and 0033): under load, writing the audit log takes as much time as issuing the tokens.
 */
export function sqliteAuditWriter(path: string): AuditWriter {
  const file = new URL('./audit-worker.js', import.meta.url);
  const thread = new Thread<AuditGroup, AuditGroupWritten>(file, path);
  return {
    append: (events) =>
      new Promise((done, failed) => {
        thread.ask(events.join('\n'), {
          done: ({ error }) =>
            error === undefined ? done() : failed(new Database.SqliteError(error.message, error.code)),
          failed,
        });
      }),
    close: () => thread.end(),
  };
}
