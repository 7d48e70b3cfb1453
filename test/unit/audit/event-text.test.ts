import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { parseEventText, toEventText, formatEventText } from '../../../src/audit/event-text.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  // Texts that look like escape sequences but are not, and characters that must be escaped.
  fc.constantFrom('\\u0000', '\\ud800', '\n', '"', '\u2028', '\ufffd', '\u{1f433}'),
);
const event: fc.Arbitrary<AuditEvent> = fc.record({
  id: text,
  at: fc.nat(),
  outcome: fc.constantFrom('issued', 'refused', 'changed'),
  subject: text,
  address: text,
  client: text,
  host: text,
  realm: fc.constantFrom('public', 'private', ''),
  asked: text,
  granted: text,
  reason: text,
  tokenId: text,
  times: fc.nat(),
});

test('an event is read back with all fields, and its text is one line', () => {
  fc.assert(
    fc.property(event, (any) => {
      const written = formatEventText(any);
      expect(parseEventText(written)).toEqual(any);
      expect(written).toBe(toEventText(any));
      expect(written).not.toContain('\n');
    }),
    { numRuns: 10_000 },
  );
});

test('characters that databases cannot store are replaced', () => {
  const [sample] = fc.sample(event, 1);
  if (sample === undefined) throw new Error('no sample');
  const read = parseEventText(
    formatEventText({ ...sample, asked: 'a\0b', client: 'half \ud800', subject: '\udc00' }),
  );
  expect(read).toEqual({ ...sample, asked: 'a\ufffdb', client: 'half \ufffd', subject: '\ufffd' });
});

test('the text is the one of an event in which each unstorable character was replaced', () => {
  // Single code units, so that NUL, lone surrogates and texts that look like their escape sequences occur.
  const unit = fc.oneof(
    fc.constantFrom('\0', '\\u0000', '\\ud800', '\\', 'u0000', 'é', '"'),
    fc.integer({ min: 0xd7ff, max: 0xe000 }).map((code) => String.fromCharCode(code)),
  );
  const hostile = fc.string({ unit, maxLength: 6 });
  const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();
  fc.assert(
    fc.property(event, hostile, hostile, hostile, (any, asked, client, subject) => {
      const replaced = { asked: storable(asked), client: storable(client), subject: storable(subject) };
      expect(formatEventText({ ...any, asked, client, subject })).toBe(toEventText({ ...any, ...replaced }));
    }),
    { numRuns: 2000 },
  );
});
