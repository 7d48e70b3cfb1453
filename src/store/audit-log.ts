import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AuditEvent } from '../observe/audit-event.ts';
import { atomically, type Write } from './sql-ports.ts';
import type { AuditLog } from './store.ts';
import type { AuditEventRow, Tables } from './tables.ts';

/** Rows to one INSERT: databases bound the parameters of a statement (SQLite: 32,766). */
const rowsAtOnce = 500;

export function sqlAuditLog(database: Kysely<Tables>, write: Write): AuditLog {
  return {
    append: (events) =>
      write(() =>
        atomically(database, async (transaction) => {
          const last = await transaction
            .selectFrom('audit_events')
            .select(['seq', 'hash'])
            .orderBy('seq', 'desc')
            .limit(1)
            .executeTakeFirst();
          const rows = chained(events, Number(last?.seq ?? 0), last?.hash ?? '');
          for (let at = 0; at < rows.length; at += rowsAtOnce) {
            await transaction
              .insertInto('audit_events')
              .values(rows.slice(at, at + rowsAtOnce))
              .execute();
          }
        }),
      ),
    list: async ({ since, subject, id, afterSeq }) => {
      let query = database.selectFrom('audit_events').selectAll().orderBy('seq');
      if (since !== undefined) query = query.where('at', '>=', since);
      if (subject !== undefined) query = query.where('subject', '=', subject);
      if (id !== undefined) query = query.where('id', '=', id);
      if (afterSeq !== undefined) query = query.where('seq', '>', afterSeq);
      return (await query.execute()).map(fromRow);
    },
    verify: async () => {
      const rows = await database.selectFrom('audit_events').selectAll().orderBy('seq').execute();
      // The oldest that is kept is where the chain starts: pruning took what it rests on.
      return rows
        .slice(1)
        .find(
          (row, at) =>
            Number(row.seq) !== Number(rows[at]?.seq) + 1 || row.hash !== hashOf(row, rows[at]?.hash ?? ''),
        )?.seq;
    },
    prune: (before, keep) =>
      write(async () => {
        const last = await database
          .selectFrom('audit_events')
          .select('seq')
          .orderBy('seq', 'desc')
          .limit(1)
          .executeTakeFirst();
        const newestOut = Number(last?.seq ?? 0) - keep;
        const removal = database
          .deleteFrom('audit_events')
          .where((row) => row.or([row('at', '<', before), row('seq', '<=', newestOut)]));
        return Number((await removal.executeTakeFirst()).numDeletedRows);
      }),
  };
}

function chained(events: readonly AuditEvent[], lastSeq: number, lastHash: string): AuditEventRow[] {
  let hash = lastHash;
  return events.map(({ tokenId, ...event }, at) => {
    const row = { ...event, token_id: tokenId, seq: lastSeq + at + 1 };
    hash = hashOf(row, hash);
    return { ...row, hash };
  });
}

/** SHA-256 over the hash before and every column, in a form that no two rows share. */
function hashOf(row: Omit<AuditEventRow, 'hash'>, before: string): string {
  const { id, outcome, subject, address, client, host, realm, asked, granted, reason, token_id } = row;
  const columns = [
    Number(row.seq),
    id,
    Number(row.at),
    outcome,
    subject,
    address,
    client,
    host,
    realm,
    asked,
    granted,
    reason,
    token_id,
    Number(row.times),
  ];
  return createHash('sha256')
    .update(JSON.stringify([before, ...columns]))
    .digest('hex');
}

function fromRow({ token_id: tokenId, hash: _hash, ...row }: AuditEventRow): AuditEvent & { seq: number } {
  return {
    ...row,
    seq: Number(row.seq),
    at: Number(row.at),
    times: Number(row.times),
    tokenId,
  } as AuditEvent & { seq: number };
}
