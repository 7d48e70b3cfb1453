import type { AuditEvent } from './event.ts';

/**
 * An event as the audit log takes it: the JSON array of Fields. The chain is hashed over this very text; and one flat
 * text is what costs least to hold until it is written, and to hand to a thread.
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

/** With what no database holds replaced: NUL, and halves of a surrogate pair. */
export function formatEventText(event: AuditEvent): EventText {
  const text = textOf(event);
  return mayBeUnstorable(text) ? textOf(storable(event)) : text;
}

/** As it stands, for an event that a database gave. */
export function textOf(event: AuditEvent): EventText {
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

/** How JSON shows NUL and half a surrogate pair; a text that says so itself is looked at for nothing. */
function mayBeUnstorable(text: string): boolean {
  return text.includes('\\u0000') || text.includes('\\ud');
}

/**
 * As every database holds it and gives it back, or one request could stop the log or break its chain: PostgreSQL
 * refuses NUL, and half a surrogate pair (a text that was cut) comes back as another character.
 */
function storable(event: AuditEvent): AuditEvent {
  const fields = Object.entries(event).map(([name, value]: [string, string | number]) => [
    name,
    typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value,
  ]);
  return Object.fromEntries(fields) as AuditEvent;
}
