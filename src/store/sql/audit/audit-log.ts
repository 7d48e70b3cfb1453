import type { Kysely } from 'kysely';
import type { Lock, Write } from '../write.ts';
import { auditBegin, type AuditChain, type AuditLog, type AuditRow } from '../../ports/audit-log.ts';
import type { Tables } from '../tables.ts';
import { readNewestRows } from './newest-rows.ts';
import { sqlAuditChain } from './sql-chain.ts';

export function sqlAuditLog(database: Kysely<Tables>, write: Write, lock?: Lock): AuditLog {
  const chains = {
    proven: sqlAuditChain('proven', database, write, lock),
    unproven: sqlAuditChain('unproven', database, write, lock),
  };
  return {
    append: (events, isRetry = false, chain = 'proven') => chains[chain].append(events, isRetry),
    list: async ({ after = auditBegin, ...filter }) => {
      const rowsOf = (chain: AuditChain): Promise<AuditRow[]> =>
        chains[chain].list({ ...filter, afterSeq: after[chain] });
      return merge(await rowsOf('proven'), await rowsOf('unproven')).slice(0, filter.limit);
    },
    newest: (query) => readNewestRows(database, query),
    verify: (chain = 'proven') => chains[chain].verify(),
    head: (chain = 'proven') => chains[chain].head(),
    prune: (limits, chain = 'proven') => chains[chain].prune(limits),
    lacksSpace: async () => false,
    newestAt: async (afterSeq) => {
      const latest = database.selectFrom('audit_events').select('at').where('seq', '>', afterSeq);
      const row = await latest.orderBy('at', 'desc').limit(1).executeTakeFirst();
      return row && Number(row.at);
    },
  };
}

/**
 * Merges the rows of both chains by their times. The rows of one chain stay in the order of their numbers, even if the
 * clock was set back. `positionAfter` needs this order: otherwise, the next page could skip rows.
 */
function merge(proven: readonly AuditRow[], unproven: readonly AuditRow[]): AuditRow[] {
  if (unproven.length === 0) return [...proven];
  const merged: AuditRow[] = [];
  let next = 0;
  for (const row of proven) {
    for (let other = unproven[next]; other !== undefined && other.at < row.at; other = unproven[++next])
      merged.push(other);
    merged.push(row);
  }
  return merged.concat(unproven.slice(next));
}
