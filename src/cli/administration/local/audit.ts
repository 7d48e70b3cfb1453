import { setTimeout as wait } from 'node:timers/promises';
import { isCut, listsRepository, otherRequests } from '../../../audit/scope-list.ts';
import { DockpassError } from '../../../errors.ts';
import { toCanonicalName } from '../../../identity/user-name.ts';
import {
  auditBegin,
  auditChains,
  auditEnd,
  positionAfter,
  positionBefore,
  type AuditFilter,
  type AuditLog,
  type AuditPosition,
  type AuditRow,
} from '../../../store/store.ts';
import { withProgress } from '../../progress.ts';
import type { AuditOperations, AuditQuery } from '../observation.ts';

/** The maximum number of audit log rows that one query reads. */
const pageSize = 1000;
/** Milliseconds that `follow` waits before it queries the audit log for new rows again. */
const followIntervalMs = 500;

/** Reads the audit log in the database. */
export function localAudit(auditLog: AuditLog): AuditOperations {
  return {
    read: async (query) => {
      const selection = createSelection(query.repository);
      const filter = filterOf(query);
      // With a limit, the rows that are printed are held in memory, and `readNewest` has selected them.
      const pages =
        query.limit === Infinity
          ? selectedPages(auditLog, filter, selection)
          : newestPage(auditLog, filter, selection, query.limit);
      return { pages, uncertainCount: selection.uncertainCount };
    },
    follow: async (query, signal) => {
      const selection = createSelection(query.repository);
      const pages = followedPages(auditLog, filterOf(query), selection, query.limit, signal);
      return { pages, uncertainCount: selection.uncertainCount };
    },
    verify: () => verify(auditLog),
  };
}

function filterOf({ since, until, user, outcome }: AuditQuery): AuditFilter {
  return {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(user !== undefined && { subject: toCanonicalName(user) }),
    ...(outcome !== undefined && { outcome }),
  };
}

interface Selection {
  includes(row: AuditRow): boolean;
  /** Returns the number of rows that do not list all repositories, so that they may be about the repository. */
  uncertainCount(): number;
}

/** Selects the rows about a repository, or all rows if `repository` is undefined. */
function createSelection(repository: string | undefined): Selection {
  if (repository === undefined) return { includes: () => true, uncertainCount: () => 0 };
  let uncertainCount = 0;
  return {
    includes: (row) => {
      if (row.outcome === 'changed') return false;
      if (listsRepository(row.asked, repository) || listsRepository(row.granted, repository)) return true;
      if (isCut(row.asked) || isCut(row.granted) || row.client === otherRequests) uncertainCount++;
      return false;
    },
    uncertainCount: () => uncertainCount,
  };
}

/**
 * Reads the audit log in pages of at most `pageSize` rows, because a log of ten million rows does not fit into memory.
 */
async function* selectedPages(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
): AsyncGenerator<AuditRow[]> {
  let after = auditBegin;
  for (;;) {
    const rows = await auditLog.list({ ...filter, after, limit: pageSize });
    if (rows.length > 0) yield rows.filter((row) => selection.includes(row));
    after = positionAfter(rows, after);
    if (rows.length < pageSize) return;
  }
}

async function* newestPage(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  limit: number,
): AsyncGenerator<AuditRow[]> {
  yield await readNewest(auditLog, filter, selection, limit);
}

/** Reads the newest rows that are selected, at most `limit`. Returns them oldest first. */
async function readNewest(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  limit: number,
  end: AuditPosition = auditEnd,
): Promise<AuditRow[]> {
  const newestFirst: AuditRow[] = [];
  let before = end;
  for (;;) {
    const rows = await auditLog.list({ ...filter, before, limit: pageSize });
    for (const row of rows.toReversed())
      if (newestFirst.length < limit && selection.includes(row)) newestFirst.push(row);
    before = positionBefore(rows, before);
    if (rows.length < pageSize || newestFirst.length === limit) return newestFirst.reverse();
  }
}

async function* followedPages(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<AuditRow[]> {
  let after = auditBegin;
  if (limit !== Infinity) {
    // Show the newest rows so far, and then the rows after the present end of both chains.
    for (const chain of auditChains) after = { ...after, [chain]: (await auditLog.head(chain))?.seq ?? 0 };
    const end = { proven: after.proven + 1, unproven: after.unproven + 1 };
    yield await readNewest(auditLog, filter, selection, limit, end);
  }
  while (!signal.aborted) {
    const rows = await auditLog.list({ ...filter, after, limit: pageSize });
    yield rows.filter((row) => selection.includes(row));
    after = positionAfter(rows, after);
    if (rows.length < pageSize) await wait(followIntervalMs, undefined, { signal }).catch(() => {});
  }
}

async function verify(auditLog: AuditLog): Promise<{ seq: number; hash: string } | undefined> {
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
