import type { AuditEvent } from './event.ts';

/**
 * An event as the audit log stores it: a JSON array of `Fields`. The hash chain of the log covers exactly this text. An
 * event is a string and not an object, because a string needs less memory while it waits to be written, and less time
 * to be sent to another thread (docs/adr/0033).
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

/**
 * Converts an event to its text. Unlike `formatEventText`, this function replaces no characters. Use it for an event
 * that was read from a database, because the hash of the text must not change.
 */
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
 * Returns true if the event in this JSON text may contain NUL or a lone surrogate, which databases cannot store. JSON
 * writes NUL as `\u0000`, and the escape sequence of every lone surrogate begins with `\ud`. A client can also send
 * such an escape sequence as ordinary text. In that case, the result is true, but `storable` changes nothing.
 */
function mayBeUnstorable(text: string): boolean {
  return text.includes('\\u0000') || text.includes('\\ud');
}

/**
 * Replaces NUL and lone surrogates, which databases cannot store. PostgreSQL rejects NUL, so a single request with NUL
 * could block the audit log. A lone surrogate can remain when a text is truncated. If it were written to the log, the
 * database would later return another character in its place, and the hash of the event would no longer match.
 */
function storable(event: AuditEvent): AuditEvent {
  const fields = Object.entries(event).map(([name, value]: [string, string | number]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value,
  ]);
  return Object.fromEntries(fields) as AuditEvent;
}
