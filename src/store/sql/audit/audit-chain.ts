import { hash } from 'node:crypto';
import { toEventText, type EventText } from '../../../audit/event-text.ts';
import type { AuditEvent } from '../../../audit/event.ts';
import type { AuditEventRow } from '../tables.ts';

/** The newest row of the audit log's hash chain. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** The position of an event in the chain. */
export interface Link extends ChainEnd {
  readonly event: EventText;
}

/** Continues the chain after `end` with these events. */
export function chainEvents(events: readonly EventText[], end: ChainEnd | undefined): Link[] {
  let { seq, hash: before } = end ?? { seq: 0, hash: '' };
  return events.map((event) => ({ event, seq: ++seq, hash: (before = hashOf(event, seq, before)) }));
}

/** Writes the end of an empty chain before the first event. Plain SQL that both databases understand. */
export const beginEnd = `insert into audit_end (seq, hash) select 0, '' where
  not exists (select 1 from audit_events) and not exists (select 1 from audit_end)`;

export function follows(row: AuditEventRow, before: ChainEnd): boolean {
  const { seq, hash } = chainEnd(row);
  return seq === before.seq + 1 && hash === hashOf(toEventText(eventOf(row)), seq, before.hash);
}

/** Reads the position in the chain from a row of any driver. */
export function chainEnd({ seq, hash }: Pick<AuditEventRow, 'seq' | 'hash'>): ChainEnd {
  return { seq: Number(seq), hash };
}

/** Reads the event from a row of any driver. */
export function eventOf({ token_id: tokenId, seq: _seq, hash: _hash, ...row }: AuditEventRow): AuditEvent {
  return { ...row, at: Number(row.at), times: Number(row.times), tokenId } as AuditEvent;
}

/**
 * Hashes with SHA-256 a JSON array of the previous hash, the number and the event. No two different rows have the
 * same array.
 */
function hashOf(event: EventText, seq: number, before: string): string {
  return hash('sha256', `[${JSON.stringify(before)},${seq},${event.slice(1)}`, 'hex');
}
