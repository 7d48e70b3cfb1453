import type { EventText } from '../../../audit/event-text.ts';
import type { AuditChain } from '../../ports/audit-log.ts';
import type { AuditGroup } from './audit-worker.ts';
import { createGroupThread } from './group-thread.ts';

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
  const thread = createGroupThread<void>(new URL('./audit-worker.js', import.meta.url), path);
  return {
    append: (events, chain) => thread.write([chain, ...events].join('\n') satisfies AuditGroup),
    close: () => thread.close(),
  };
}
