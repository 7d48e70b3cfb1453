import Database from 'better-sqlite3';
import type { EventText } from '../../audit/event-text.ts';
import { Thread } from '../../thread.ts';
import type { AuditGroup, AuditGroupWritten } from './audit-worker.ts';

/** Smaller groups are written by the event loop: a thread costs some megabytes, and a quiet server never needs it. */
export const minRowsForThread = 200;

export interface AuditWriter {
  append(events: readonly EventText[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes audit events. This is a device for speed (docs/adr/0030 and 0033): under load the audit log needs as much
 * time as the tokens, so a second thread writes large groups.
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
