import type { AuditEvent } from './event.ts';

/** Formats an event as one line of text: time, id, outcome, name, origin, scopes and reason. */
export function formatEvent(event: AuditEvent): string {
  const { at, id, outcome, subject, address, client, host, realm, asked, granted, reason, tokenId, times } =
    event;
  const time = new Date(at).toISOString();
  if (outcome === 'changed')
    return printable(`${time} ${id} changed  ${reason}${formatActor(address, client)}`);
  const words = [
    time,
    id,
    outcome === 'issued' ? 'issued ' : 'refused',
    outcome === 'issued' ? subject || 'anonymous' : formatClaimedName(subject),
    `from ${address} (${client})`,
    ...(host === '' ? [] : [`on ${host} (${realm})`]),
    ...(asked === '' ? [] : [`requested ${asked}`]),
    ...(outcome === 'issued' && asked !== '' ? [`granted ${granted || 'nothing'}`] : []),
    ...(reason === '' ? [] : [`reason: ${reason}`]),
    ...(tokenId === '' ? [] : [`token ${tokenId}`]),
    ...(times === 1 ? [] : [`${times} times`]),
  ];
  return printable(words.join(' '));
}

/** Formats who made a change, such as ` by root (sudo by alice) on build1`. */
function formatActor(address: string, client: string): string {
  if (address !== '') return ` by ${address} (${client})`;
  // Scheduled retention makes changes by itself.
  if (client === 'retention') return ' by retention';
  const [, person] = /^cli: (.*)$/s.exec(client) ?? [];
  return person === undefined ? '' : ` by ${person}`;
}

/**
 * Formats the name that a client sent in a denied request. The text marks the name as claimed, because the client has
 * not proved its identity.
 */
function formatClaimedName(name: string): string {
  return name === '' ? 'no known name' : `claimed name ${name}`;
}

/**
 * Escapes control characters and invisible format characters. Clients choose parts of an event, for example the
 * User-Agent. Without escaping, a client could move the cursor of a terminal or forge a line of the log.
 */
export function printable(text: string): string {
  return text.replace(
    /[\0-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
