import type { Kysely } from 'kysely';
import type { AuditEvent } from '../observe/audit-event.ts';
import type { AuditLog } from './store.ts';
import type { AuditEventRow, Tables } from './tables.ts';
import type { Write } from './users.ts';

/** Rows to one INSERT: databases bound the parameters of a statement (SQLite: 32,766). */
const rowsAtOnce = 500;

export function sqlAuditLog(database: Kysely<Tables>, write: Write): AuditLog {
  return {
    append: (events) =>
      write(() =>
        database.transaction().execute(async (transaction) => {
          for (let at = 0; at < events.length; at += rowsAtOnce) {
            const rows = events.slice(at, at + rowsAtOnce).map(toRow);
            await transaction.insertInto('audit_events').values(rows).execute();
          }
        }),
      ),
    since: async (at) => {
      const rows = await database
        .selectFrom('audit_events')
        .selectAll()
        .where('at', '>=', at)
        .orderBy('at')
        .execute();
      return rows.map(fromRow);
    },
  };
}

function toRow({ tokenId, ...event }: AuditEvent): AuditEventRow {
  return { ...event, token_id: tokenId };
}

function fromRow({ token_id: tokenId, ...row }: AuditEventRow): AuditEvent {
  return { ...row, at: Number(row.at), times: Number(row.times), tokenId } as AuditEvent;
}
