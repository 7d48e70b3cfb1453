import type { AuditEvent } from './event.ts';

/**
 * An event as the audit log stores it: a JSON array of `Fields`. The hash chain of the log covers exactly this text. A
 * single string also costs the least memory while it waits to be written and the least time to send to another thread
 * (docs/adr/0033).
 */
export type EventText = string & { readonly of: 'AuditEvent' };

type Fields = [
  id: string,
  at: number,
  outcome: AuditEvent['outcome'],
  subject: string,
  address: string,
  client: string,
  host: string,
  realm: AuditEvent['realm'],
  asked: string,
  granted: string,
  reason: string,
  tokenId: string,
  times: number,
];

/** Converts an event to its text and replaces the characters that databases cannot store: NUL and lone surrogates. */
export function formatEventText(event: AuditEvent): EventText {
  const text = toEventText(event);
  return mayBeUnstorable(text) ? toEventText(storable(event)) : text;
}

/** Converts an event that was read from a database. It replaces no characters, so that the hash stays the same. */
export function toEventText(event: AuditEvent): EventText {
  const fields: Fields = [
    event.id,
    event.at,
    event.outcome,
    event.subject,
    event.address,
    event.client,
    event.host,
    event.realm,
    event.asked,
    event.granted,
    event.reason,
    event.tokenId,
    event.times,
  ];
  return JSON.stringify(fields) as EventText;
}

export function parseEventText(text: EventText): AuditEvent {
  const fields = JSON.parse(text) as Fields;
  const [id, at, outcome, subject, address, client, host, realm, asked, granted, reason, tokenId, times] =
    fields;
  return { id, at, outcome, subject, address, client, host, realm, asked, granted, reason, tokenId, times };
}

/**
 * Checks for the escape sequences that JSON uses for NUL and lone surrogates. A client can also send these sequences as
 * ordinary text. Then `storable` finds nothing to replace.
 */
function mayBeUnstorable(text: string): boolean {
  return text.includes('\\u0000') || text.includes('\\ud');
}

/**
 * Replaces the characters that databases cannot store. PostgreSQL rejects NUL, so a single request could block the log.
 * A lone surrogate, which can remain after a text was truncated, is read back as another character, which would break
 * the hash chain.
 */
function storable(event: AuditEvent): AuditEvent {
  const fields = Object.entries(event).map(([name, value]: [string, string | number]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value,
  ]);
  return Object.fromEntries(fields) as AuditEvent;
}
