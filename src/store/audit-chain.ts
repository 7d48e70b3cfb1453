import { hash } from 'node:crypto';
import type { AuditEvent } from '../observe/audit-event.ts';
import type { AuditEventRow } from './tables.ts';

/** Where the chain of a log ends. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** The events as rows that go on the chain. */
export function chained(events: readonly AuditEvent[], end: ChainEnd | undefined): AuditEventRow[] {
  let { seq, hash: before } = end ?? { seq: 0, hash: '' };
  return events.map(storable).map(({ tokenId, ...event }) => {
    const row = { ...event, token_id: tokenId, seq: ++seq };
    before = hashOf(row, before);
    return { ...row, hash: before };
  });
}

/**
 * The event as every database holds it and gives it back, or one request could stop the log or break its chain:
 * PostgreSQL refuses NUL, and half a surrogate pair (a text that was cut) comes back as another character.
 */
export function storable(event: AuditEvent): AuditEvent {
  const entries = Object.entries(event) as [string, string | number][];
  if (entries.every(([, value]) => typeof value === 'number' || isStorable(value))) return event;
  const texts = entries.map(([column, value]) => [
    column,
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value,
  ]);
  return Object.fromEntries(texts) as AuditEvent;
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Plain SQL that every backend understands: before the first event, the end is written down for the first time. */
export const beginEnd = `insert into audit_end (seq, hash) select 0, '' where
  not exists (select 1 from audit_events) and not exists (select 1 from audit_end)`;

export function follows(row: AuditEventRow, before: ChainEnd): boolean {
  return Number(row.seq) === before.seq + 1 && row.hash === hashOf(row, before.hash);
}

/** A row as a place in the chain, whichever driver gave it. */
export function chainEnd({ seq, hash }: Pick<AuditEventRow, 'seq' | 'hash'>): ChainEnd {
  return { seq: Number(seq), hash };
}

/** SHA-256 over the hash before and every column, in a form that no two rows share. */
function hashOf(row: Omit<AuditEventRow, 'hash'>, before: string): string {
  const { id, outcome, subject, address, client, host, realm, asked, granted, reason, token_id } = row;
  const whatCounts = [outcome, subject, address, client, host, realm, asked, granted, reason, token_id];
  const columns = [before, Number(row.seq), id, Number(row.at), ...whatCounts, Number(row.times)];
  return hash('sha256', JSON.stringify(columns), 'hex');
}
