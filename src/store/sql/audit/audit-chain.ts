import { hash } from 'node:crypto';
import { toEventText, type EventText } from '../../../audit/event-text.ts';
import type { AuditEvent } from '../../../audit/event.ts';
import type { AuditChain } from '../../ports/audit-log.ts';
import type { AuditEventRow } from '../tables.ts';

/** The row number and the hash of the newest row in the audit log, which is the end of its hash chain. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** An event with its row number and its hash in the hash chain of the audit log. */
export interface Link extends ChainEnd {
  readonly event: EventText;
}

/**
 * Computes the row number and the hash of each event that is to be appended to the hash chain. The first event is
 * appended after the row `end`. If `end` is undefined, the first event begins the chain.
 */
export function chainEvents(events: readonly EventText[], end: ChainEnd | undefined): Link[] {
  let { seq, hash: before } = end ?? { seq: 0, hash: '' };
  return events.map((event) => ({ event, seq: ++seq, hash: (before = hashOf(event, seq, before)) }));
}

/** The names of the tables of one hash chain. All chains have tables with the same columns. */
export interface ChainTables {
  readonly events: string;
  /** The table with the newest row of the chain. */
  readonly end: string;
  /** The table with the last row that was removed from the beginning of the chain. */
  readonly begin: string;
}

export const chainTables = {
  proven: { events: 'audit_events', end: 'audit_end', begin: 'audit_begin' },
  unproven: { events: 'audit_unproven', end: 'audit_unproven_end', begin: 'audit_unproven_begin' },
} as const satisfies Readonly<Record<AuditChain, ChainTables>>;

/**
 * Returns SQL for SQLite and PostgreSQL that initializes the table `end`, which has one row: the newest event of the
 * chain. For a chain without events, the SQL adds this row with the number 0. The SQL does nothing if the chain
 * contains events or if the row already exists.
 */
export function beginEnd({ events, end }: ChainTables): string {
  return `insert into ${end} (seq, hash) select 0, '' where
    not exists (select 1 from ${events}) and not exists (select 1 from ${end})`;
}

/** The approximate number of bytes that the hash, the index entries and the row header of an event need. */
const rowOverhead = 200;

/** Returns the approximate number of bytes that the row of an event needs in the database. */
export function rowBytes(event: EventText): number {
  return Buffer.byteLength(event) + rowOverhead;
}

export function follows(row: AuditEventRow, before: ChainEnd): boolean {
  const { seq, hash } = chainEnd(row);
  return seq === before.seq + 1 && hash === hashOf(toEventText(eventOf(row)), seq, before.hash);
}

/** Returns the sequence number and the hash of a row of the audit log. */
export function chainEnd({ seq, hash }: Pick<AuditEventRow, 'seq' | 'hash'>): ChainEnd {
  return { seq: Number(seq), hash };
}

/** Reads the event from a row that the driver of SQLite or PostgreSQL returned. */
export function eventOf({ token_id: tokenId, seq: _seq, hash: _hash, ...row }: AuditEventRow): AuditEvent {
  return { ...row, at: Number(row.at), times: Number(row.times), tokenId } as AuditEvent;
}

/**
 * Returns the hash of a row: the SHA-256 hash of a JSON array that contains the hash of the previous row, the number of
 * the row and the fields of the event. Different rows always have different arrays.
 */
function hashOf(event: EventText, seq: number, before: string): string {
  return hash('sha256', `[${JSON.stringify(before)},${seq},${event.slice(1)}`, 'hex');
}
