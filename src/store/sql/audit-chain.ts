import { hash } from 'node:crypto';
import { textOf, type EventText } from '../../audit/event-text.ts';
import type { AuditEvent } from '../../audit/event.ts';
import type { AuditEventRow } from './tables.ts';

/** Where the chain of a log ends. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** The place of an event on the chain. */
export interface Link extends ChainEnd {
  readonly event: EventText;
}

/** Puts the events on the chain that ends there. */
export function chainEvents(events: readonly EventText[], end: ChainEnd | undefined): Link[] {
  let { seq, hash: before } = end ?? { seq: 0, hash: '' };
  return events.map((event) => ({ event, seq: ++seq, hash: (before = hashOf(event, seq, before)) }));
}

/** Plain SQL that every backend understands: before the first event, the end is written down for the first time. */
export const beginEnd = `insert into audit_end (seq, hash) select 0, '' where
  not exists (select 1 from audit_events) and not exists (select 1 from audit_end)`;

export function follows(row: AuditEventRow, before: ChainEnd): boolean {
  const { seq, hash } = chainEnd(row);
  return seq === before.seq + 1 && hash === hashOf(textOf(eventOf(row)), seq, before.hash);
}

/** A row as a place in the chain, whichever driver gave it. */
export function chainEnd({ seq, hash }: Pick<AuditEventRow, 'seq' | 'hash'>): ChainEnd {
  return { seq: Number(seq), hash };
}

/** A row as what it tells of, whichever driver gave it. */
export function eventOf({ token_id: tokenId, seq: _seq, hash: _hash, ...row }: AuditEventRow): AuditEvent {
  return { ...row, at: Number(row.at), times: Number(row.times), tokenId } as AuditEvent;
}

/** SHA-256 over the hash before, the number and the event, in a form that no two rows share: one JSON array. */
function hashOf(event: EventText, seq: number, before: string): string {
  return hash('sha256', `[${JSON.stringify(before)},${seq},${event.slice(1)}`, 'hex');
}
