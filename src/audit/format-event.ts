import type { AuditEvent } from './event.ts';

/** An event as a line for people: time, id, what happened to whom, from where, and why. */
export function formatEvent(event: AuditEvent): string {
  const { at, id, outcome, subject, address, client, host, realm, asked, granted, reason, tokenId, times } =
    event;
  const time = new Date(at).toISOString();
  if (outcome === 'changed') return printable(`${time} ${id} changed  ${reason}`);
  const who = subject === '' ? 'nobody' : subject;
  const words = [
    time,
    id,
    outcome === 'issued' ? 'issued ' : 'refused',
    outcome === 'issued' || subject === '' ? who : `whoever said ${subject}`,
    `from ${address} (${client})`,
    ...(host === '' ? [] : [`on ${host} (${realm})`]),
    ...(asked === '' ? [] : [`asked ${asked}`]),
    ...(outcome === 'issued' && asked !== '' ? [`got ${granted === '' ? 'nothing' : granted}`] : []),
    ...(reason === '' ? [] : [`because: ${reason}`]),
    ...(tokenId === '' ? [] : [`token ${tokenId}`]),
    ...(times === 1 ? [] : [`${times} times`]),
  ];
  return printable(words.join(' '));
}

/** Clients choose some of these words: nothing in them may move a terminal's cursor or forge a line. */
export function printable(text: string): string {
  return text.replace(
    /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
