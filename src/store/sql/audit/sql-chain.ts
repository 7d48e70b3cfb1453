import { setImmediate as nextTick } from 'node:timers/promises';
import { sql, type Kysely } from 'kysely';
import { parseEventText, toEventText, type EventText } from '../../../audit/event-text.ts';
import {
  beginEnd,
  chainEvents,
  chainEnd,
  chainTables,
  eventOf,
  follows,
  rowBytes,
  type ChainEnd,
  type Link,
} from './audit-chain.ts';
import { atomically, type Lock, type Write } from '../write.ts';
import type { AuditChain, AuditFilter, AuditLimits, AuditRow } from '../../ports/audit-log.ts';
import type { AuditEventRow, Tables } from '../tables.ts';

/**
 * The maximum number of rows in one statement. It is limited because databases limit the number of parameters of a
 * statement (SQLite: 32,766), and because a statement on SQLite blocks the event loop until it ends.
 */
const rowsAtOnce = 500;

interface ChainFilter extends Omit<AuditFilter, 'after'> {
  readonly afterSeq: number;
}

/** The rows of one hash chain. The methods are those of `AuditLog`. */
interface Chain {
  append(events: readonly EventText[], isRetry: boolean): Promise<void>;
  list(filter: ChainFilter): Promise<AuditRow[]>;
  verify(): Promise<number | undefined>;
  head(): Promise<ChainEnd | undefined>;
  prune(limits: AuditLimits): Promise<number>;
}

export function sqlAuditChain(chain: AuditChain, database: Kysely<Tables>, write: Write, lock?: Lock): Chain {
  const names = chainTables[chain];
  // The audit log has two hash chains, `proven` and `unproven`, whose tables have different names but the same columns.
  // Kysely cannot express this, so the code uses the types of the chain `proven` for both.
  const {
    events: eventTable,
    end: endTable,
    begin: beginTable,
  } = names as unknown as typeof chainTables.proven;
  const oldest = (afterSeq: number, from = database): Promise<AuditEventRow[]> =>
    from
      .selectFrom(eventTable)
      .selectAll()
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(rowsAtOnce)
      .execute();
  const newest = (from: Kysely<Tables>) =>
    from.selectFrom(eventTable).select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  const holds = async (from: Kysely<Tables>, event: EventText): Promise<boolean> => {
    const { id, at, asked, subject } = parseEventText(event);
    const same = from.selectFrom(eventTable).select('seq').where('id', '=', id).where('at', '=', at);
    const row = same.where('asked', '=', asked).where('subject', '=', subject).limit(1);
    return (await row.executeTakeFirst()) !== undefined;
  };
  return {
    append: (events, isRetry) =>
      write(() =>
        atomically(database, async (transaction) => {
          await lock?.(transaction, 'auditChain');
          // A retry follows an attempt that may have written the events. That attempt used one transaction. So if the
          // log contains the first event, it contains all of them.
          const [first] = events;
          if (isRetry && first !== undefined && (await holds(transaction, first))) return;
          await sql.raw(beginEnd(names)).execute(transaction);
          // New rows continue the chain after the row that audit_end describes, even if that row is no longer in the
          // log. So if someone has removed the newest rows, the chain has a gap, which `verify` reports.
          const before =
            (await transaction.selectFrom(endTable).selectAll().executeTakeFirst()) ??
            (await newest(transaction));
          const rows = chainEvents(events, before && chainEnd(before)).map(toRow);
          for (let at = 0; at < rows.length; at += rowsAtOnce) {
            await transaction
              .insertInto(eventTable)
              .values(rows.slice(at, at + rowsAtOnce))
              .execute();
          }
          const end = rows.at(-1);
          if (end === undefined) return;
          const added = events.reduce((sum, event) => sum + rowBytes(event), 0);
          await transaction
            .updateTable(endTable)
            .set({ seq: end.seq, hash: end.hash, bytes: sql<number>`bytes + ${added}` })
            .execute();
        }),
      ),
    list: async ({ since, until, subject, id, outcome, afterSeq, limit }) => {
      let query = database.selectFrom(eventTable).selectAll().orderBy('seq');
      if (since !== undefined) query = query.where('at', '>=', since);
      if (until !== undefined) query = query.where('at', '<=', until);
      if (outcome !== undefined) query = query.where('outcome', '=', outcome);
      if (subject !== undefined) query = query.where('subject', '=', subject);
      if (id !== undefined) query = query.where('id', '=', id);
      if (afterSeq > 0) query = query.where('seq', '>', afterSeq);
      if (limit !== undefined) query = query.limit(limit);
      const rows = await query.execute();
      return rows.map((row) => ({ ...eventOf(row), seq: Number(row.seq), chain }));
    },
    verify: async () => {
      // If someone removes rows at the beginning or the end of the log, the remaining rows are still a valid chain.
      // Therefore the beginning and the end of the chain are also stored in separate tables. The end is read before the
      // rows, because other processes may add rows during the check.
      const end = await database.selectFrom(endTable).selectAll().executeTakeFirst();
      const begin = await database.selectFrom(beginTable).selectAll().executeTakeFirst();
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
    prune: ({ before, maxEvents, maxBytes = Infinity }) =>
      write(() =>
        atomically(database, async (transaction) => {
          await lock?.(transaction, 'auditChain');
          const last = Number((await newest(transaction))?.seq ?? 0);
          const end = await transaction.selectFrom(endTable).select('bytes').executeTakeFirst();
          const rows = await oldest(0, transaction);
          const sizes = rows.map((row) => rowBytes(toEventText(eventOf(row))));
          let bytes = Number(end?.bytes ?? 0);
          // Rows are removed in the order of their numbers, not of their times. If rows were selected by time, a clock
          // that was set back could cause a gap in the chain. The newest row is never removed, because the hash of the
          // next new row depends on it.
          const firstKept = rows.findIndex(({ seq, at }, index) => {
            const fits = Number(at) >= before && Number(seq) > last - maxEvents && bytes <= maxBytes;
            if (fits || Number(seq) === last) return true;
            bytes -= sizes[index] ?? 0;
            return false;
          });
          const removedCount = firstKept < 0 ? rows.length : firstKept;
          const lastRemoved = rows[removedCount - 1];
          if (lastRemoved === undefined) return 0;
          await transaction.deleteFrom(beginTable).execute();
          await transaction
            .insertInto(beginTable)
            .values({ seq: lastRemoved.seq, hash: lastRemoved.hash })
            .execute();
          // The stored size of the chain can be wrong, for example because an older version has written rows. If `rows`
          // contains all rows of the chain, the new size is the sum of the sizes of the rows that are not removed.
          const isWhole = rows.length < rowsAtOnce;
          const left = isWhole ? sizes.slice(removedCount).reduce((sum, size) => sum + size, 0) : bytes;
          await transaction
            .updateTable(endTable)
            .set({ bytes: Math.max(0, left) })
            .execute();
          const removal = transaction.deleteFrom(eventTable).where('seq', '<=', lastRemoved.seq);
          return Number((await removal.executeTakeFirst()).numDeletedRows);
        }),
      ),
  };
}

function toRow({ event, seq, hash }: Link): AuditEventRow {
  const { tokenId, ...columns } = parseEventText(event);
  return { ...columns, token_id: tokenId, seq, hash };
}
