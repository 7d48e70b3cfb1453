import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { formatEventText, parseEventText, type EventText } from '../../src/audit/event-text.ts';
import { formatEvent } from '../../src/audit/format-event.ts';
import { toPrintableJson } from '../../src/cli/output.ts';
import { copyText } from '../../src/observe/audit/copy-text.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

/** Texts that a client can send: escape sequences of terminals, invisible characters, halves of characters. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.constantFrom(
        '\0',
        '\r\n',
        '\x1b[2J',
        '\x1b]0;x\x07',
        '\x9b31m',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
      ),
      fc.constantFrom(
        '\u2028',
        '\ud800',
        '\udc00',
        '\ud83d\udc33',
        '\\u0000',
        '\\ud800',
        '"',
        '\\',
        "'",
        '\u{e0001}',
      ),
      fc.constantFrom('alice', 'repository:team/app:pull', ' ', '2030-01-01T00:00:00.000Z', '__proto__'),
    ),
    { maxLength: 8 },
  )
  .map((texts) => texts.join(''));
const event: fc.Arbitrary<AuditEvent> = fc.record({
  id: hostile,
  at: fc.nat(),
  outcome: fc.constantFrom('issued', 'refused', 'changed'),
  subject: hostile,
  address: hostile,
  client: hostile,
  host: hostile,
  realm: fc.constantFrom('public', 'private', ''),
  asked: hostile,
  granted: hostile,
  reason: hostile,
  tokenId: hostile,
  times: fc.nat(),
});

/** Characters that move the cursor of a terminal, change the direction of text, or are invisible. */
const dangerous =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u{e0001}\u{e0020}-\u{e007f}]/u;

test('an event is stored as text that databases keep, and is read back with all its fields', async () => {
  const property = fc.property(event, (any) => {
    const text = formatEventText(any);
    expect(text).not.toContain('\n');
    // As a database returns it: PostgreSQL stores no NUL, and UTF-8 has no halves of characters.
    const stored = Buffer.from(text).toString() as EventText;
    expect(stored).toBe(text);
    const read = parseEventText(stored);
    expect(read).toEqual(
      Object.fromEntries(
        Object.entries(any).map(([name, value]: [string, string | number]) => [
          name,
          typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value,
        ]),
      ),
    );
    expect(Object.values(read).join('')).not.toMatch(/\0|\p{Cs}/u);
    expect(formatEventText(read)).toBe(text);
  });
  await fuzz(property, 5000);
});

test('an event is printed as one line, and as JSON, without characters that control a terminal', async () => {
  const property = fc.property(event, (any) => {
    const read = parseEventText(formatEventText(any));
    expect(formatEvent(read)).not.toMatch(dangerous);
    const json = toPrintableJson(read);
    expect(json).not.toMatch(dangerous);
    expect(JSON.parse(json)).toEqual(read);
  });
  await fuzz(property, 5000);
});

test('a text of a client is cut to its limit in bytes', async () => {
  const property = fc.property(hostile, fc.integer({ min: 0, max: 60 }), (text, limit) => {
    const cut = copyText(text, limit);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
    expect(text.toWellFormed().startsWith(cut.replace(/\ufffd+$/, ''))).toBe(true);
    // At most one character is lost at the limit.
    if (Buffer.byteLength(text) > limit) expect(Buffer.byteLength(cut)).toBeGreaterThan(limit - 4);
    else expect(cut.replace(/\ufffd$/, '')).toBe(text.toWellFormed().replace(/\ufffd$/, ''));
  });
  await fuzz(property, 20_000);
});
