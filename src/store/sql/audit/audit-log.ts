import { setImmediate as nextTick } from 'node:timers/promises';
import { sql, type Kysely } from 'kysely';
import type { AuditEvent } from '../../../audit/event.ts';
import { parseEventText, type EventText } from '../../../audit/event-text.ts';
import {
  beginEnd,
  chainEvents,
  chainEnd,
  eventOf,
  follows,
  type ChainEnd,
  type Link,
} from './audit-chain.ts';
import { atomically, type Lock, type Write } from '../write.ts';
import type { AuditLog } from '../../store.ts';
import type { AuditEventRow, Tables } from '../tables.ts';

/**
 * The maximum number of rows in one statement. It is limited because databases limit the number of parameters of a
 * statement (SQLite: 32,766), and because a statement on SQLite blocks the event loop until it ends.
 */
const rowsAtOnce = 500;

export function sqlAuditLog(database: Kysely<Tables>, write: Write, lock?: Lock): AuditLog {
  const oldest = (afterSeq: number, from = database): Promise<AuditEventRow[]> =>
    from
      .selectFrom('audit_events')
      .selectAll()
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(rowsAtOnce)
      .execute();
  const newest = (from: Kysely<Tables>) =>
    from
      .selectFrom('audit_events')
      .select(['seq', 'hash'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
  const holds = async (from: Kysely<Tables>, event: EventText): Promise<boolean> => {
    const { id, at, asked, subject } = parseEventText(event);
    const same = from.selectFrom('audit_events').select('seq').where('id', '=', id).where('at', '=', at);
    const row = same.where('asked', '=', asked).where('subject', '=', subject).limit(1);
    return (await row.executeTakeFirst()) !== undefined;
  };
  return {
    append: (events, isRetry = false) =>
      write(() =>
        atomically(database, async (transaction) => {
          await lock?.(transaction, 'auditChain');
          // If `isRetry` is true, an earlier call may have written these events. That call used one transaction, so it
          // has written either all events or none. So it is enough to look for the first event in the log.
          const [first] = events;
          if (isRetry && first !== undefined && (await holds(transaction, first))) return;
          await sql.raw(beginEnd).execute(transaction);
          // New rows continue the chain after the row that audit_end describes, even if that row is no longer in the
          // log. So if someone has removed the newest rows, the chain has a gap, which `verify` reports.
          const before =
            (await transaction.selectFrom('audit_end').selectAll().executeTakeFirst()) ??
            (await newest(transaction));
          const rows = chainEvents(events, before && chainEnd(before)).map(toRow);
          for (let at = 0; at < rows.length; at += rowsAtOnce) {
            await transaction
              .insertInto('audit_events')
              .values(rows.slice(at, at + rowsAtOnce))
              .execute();
          }
          const end = rows.at(-1);
          if (end === undefined) return;
          await transaction.updateTable('audit_end').set({ seq: end.seq, hash: end.hash }).execute();
        }),
      ),
    list: async ({ since, subject, id, afterSeq, limit }) => {
      let query = database.selectFrom('audit_events').selectAll().orderBy('seq');
      if (since !== undefined) query = query.where('at', '>=', since);
      if (subject !== undefined) query = query.where('subject', '=', subject);
      if (id !== undefined) query = query.where('id', '=', id);
      if (afterSeq !== undefined) query = query.where('seq', '>', afterSeq);
      if (limit !== undefined) query = query.limit(limit);
      return (await query.execute()).map(fromRow);
    },
    verify: async () => {
      // If someone removes rows at the beginning or the end of the log, the remaining rows are still a valid chain.
      // Therefore the beginning and the end of the chain are also stored in separate tables. The end is read before the
      // rows, because other processes may add rows during the check.
      const end = await database.selectFrom('audit_end').selectAll().executeTakeFirst();
      const begin = await database.selectFrom('audit_begin').selectAll().executeTakeFirst();
      let before: ChainEnd = begin === undefined ? { seq: 0, hash: '' } : chainEnd(begin);
      let last = 0;
      for (;;) {
        const rows = await oldest(last);
        for (const row of rows) {
          // Older versions of dockpass removed old rows without storing the beginning of the chain. For such a log,
          // migration 10 stored the oldest remaining row as the beginning. This row is accepted without a check,
          // because the row before it no longer exists.
          const isBegin = last === 0 && Number(row.seq) === before.seq && row.hash === before.hash;
          if (!isBegin && !follows(row, before)) return Number(row.seq);
          if (Number(row.seq) === Number(end?.seq) && row.hash !== end?.hash) return Number(row.seq);
          before = chainEnd(row);
          last = before.seq;
        }
        if (rows.length < rowsAtOnce) {
          const isWhole = end === undefined ? last === 0 : last >= Number(end.seq);
          return isWhole ? undefined : last + 1;
        }
        // A query on SQLite blocks the event loop, and memory is released only between two ticks. Waiting for the next
        // tick lets other work run and releases the memory.
        await nextTick();
      }
    },
    head: async () => {
      const last = await newest(database);
      return last && chainEnd(last);
    },
    prune: (before, keep) =>
      write(() =>
        atomically(database, async (transaction) => {
          await lock?.(transaction, 'auditChain');
          const last = Number((await newest(transaction))?.seq ?? 0);
          const rows = await oldest(0, transaction);
          // Rows are removed in the order of their numbers, not of their times. If rows were selected by time, a clock
          // that was set back could cause a gap in the chain. The newest row is never removed, because the hash of the
          // next new row depends on it.
          const isKept = ({ seq, at }: AuditEventRow): boolean =>
            Number(seq) === last || (Number(at) >= before && Number(seq) > last - keep);
          const firstKept = rows.findIndex(isKept);
          const lastRemoved = rows[(firstKept < 0 ? rows.length : firstKept) - 1];
          if (lastRemoved === undefined) return 0;
          await transaction.deleteFrom('audit_begin').execute();
          await transaction
            .insertInto('audit_begin')
            .values({ seq: lastRemoved.seq, hash: lastRemoved.hash })
            .execute();
          const removal = transaction.deleteFrom('audit_events').where('seq', '<=', lastRemoved.seq);
          return Number((await removal.executeTakeFirst()).numDeletedRows);
        }),
      ),
  };
}

function toRow({ event, seq, hash }: Link): AuditEventRow {
  const { tokenId, ...columns } = parseEventText(event);
  return { ...columns, token_id: tokenId, seq, hash };
}

function fromRow(row: AuditEventRow): AuditEvent & { seq: number } {
  return { ...eventOf(row), seq: Number(row.seq) };
}
