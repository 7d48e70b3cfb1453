import { setTimeout as wait } from 'node:timers/promises';
import {
  endPosition,
  oldestFirst,
  readLaterEvents,
  readNewestEvents,
} from '../../../admin/audit/read-events.ts';
import { DockpassError } from '../../../errors.ts';
import { auditBegin, auditChains, type AuditLog } from '../../../store/store.ts';
import { withProgress } from '../../progress.ts';
import type { AuditHead, AuditOperations, AuditPage, AuditQuery } from '../observation.ts';

/** Milliseconds that `follow` waits before it queries the audit log for new rows again. */
const followIntervalMs = 500;

/** Reads the audit log in the database. */
export function localAudit(auditLog: AuditLog): AuditOperations {
  return {
    read: (query) => read(auditLog, query),
    follow: (query, signal) => follow(auditLog, query, signal),
    verify: () => verify(auditLog),
  };
}

/** Reads all selected rows, or the newest ones, oldest first. With a limit, the rows are held in memory. */
async function* read(auditLog: AuditLog, query: AuditQuery): AsyncGenerator<AuditPage> {
  if (query.limit === Infinity) yield* oldestFirst(auditLog, query);
  else yield await readLast(auditLog, query);
}

async function readLast(auditLog: AuditLog, query: AuditQuery): Promise<AuditPage> {
  const { rows, uncertainCount } = await readNewestEvents(auditLog, query, { limit: query.limit });
  return { rows: rows.toReversed(), uncertainCount };
}

async function* follow(
  auditLog: AuditLog,
  query: AuditQuery,
  signal: AbortSignal,
): AsyncGenerator<AuditPage> {
  let position = auditBegin;
  if (query.limit !== Infinity) {
    // Show the newest rows so far, and then the rows after the present end of both chains.
    position = await endPosition(auditLog);
    const end = position;
    const { rows, uncertainCount } = await readLast(auditLog, query);
    yield { rows: rows.filter(({ chain, seq }) => seq <= end[chain]), uncertainCount };
  }
  while (!signal.aborted) {
    const later = await readLaterEvents(auditLog, query, position);
    yield later;
    position = later.position;
    if (!later.hasMore) await wait(followIntervalMs, undefined, { signal }).catch(() => {});
  }
}

async function verify(auditLog: AuditLog): Promise<AuditHead | undefined> {
  for (const chain of auditChains) {
    const brokenSeq = await withProgress('Checking the audit log', () => auditLog.verify(chain));
    if (brokenSeq === undefined) continue;
    const where = chain === 'proven' ? '' : ' of the denied requests and anonymous tokens';
    throw new DockpassError(
      'audit_broken',
      `the audit log was changed outside dockpass: row ${brokenSeq}${where} is missing, or its hash does not match the row before it. Do not trust this row or any later row. Compare these rows with a backup.`,
    );
  }
  return auditLog.head();
}
