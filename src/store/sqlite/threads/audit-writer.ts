import Database from 'better-sqlite3';
import type { EventText } from '../../../audit/event-text.ts';
import { Thread } from '../../../thread.ts';
import type { AuditChain } from '../../ports/audit-log.ts';
import type { AuditGroup, AuditGroupWritten } from './audit-worker.ts';

/**
 * If a batch contains at least this many events, the audit thread writes it. The event loop writes smaller batches
 * itself until one of its writes is slow (`slowWriteMs`). So a server with little load never starts the thread, which
 * needs some megabytes of memory.
 */
export const minRowsForThread = 200;

export interface AuditWriter {
  append(events: readonly EventText[], chain: AuditChain): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates a writer that writes batches of audit events in a second thread. Under load, writing the audit log takes as
 * much time as issuing the tokens. With the second thread, both can run at the same time (docs/adr/0030 and 0033).
 */
export function sqliteAuditWriter(path: string): AuditWriter {
  const file = new URL('./audit-worker.js', import.meta.url);
  const thread = new Thread<AuditGroup, AuditGroupWritten>(file, path);
  return {
    append: (events, chain) =>
      new Promise((done, failed) => {
        thread.ask([chain, ...events].join('\n'), {
          done: ({ error }) =>
            error === undefined ? done() : failed(new Database.SqliteError(error.message, error.code)),
          failed,
        });
      }),
    close: () => thread.end(),
  };
}
