import { expect, test } from 'vitest';
import { formatRelative, formatTime } from '../../../../src/console/format/time.ts';

const now = Date.parse('2026-11-29T14:00:00Z');

test.each([
  ['2026-11-29T13:59:57Z', 'just now'],
  ['2026-11-29T13:59:15Z', '45 seconds ago'],
  ['2026-11-29T13:58:01Z', '1 minute ago'],
  ['2026-11-28T10:00:00Z', 'yesterday'],
  ['2026-11-08T14:00:00Z', '3 weeks ago'],
  ['2025-06-01T00:00:00Z', 'last year'],
  ['2026-11-29T16:30:00Z', 'in 2 hours'],
  ['2027-02-27T14:00:00Z', 'in 3 months'],
])('describes %s as %s', (time, text) => {
  expect(formatRelative(Date.parse(time), now)).toBe(text);
});

test('writes a time with its zone', () => {
  expect(formatTime(now, 'Europe/Berlin')).toBe('2026-11-29 15:00:00 UTC+01:00');
  expect(formatTime(now, 'UTC')).toBe('2026-11-29 14:00:00 UTC');
});
