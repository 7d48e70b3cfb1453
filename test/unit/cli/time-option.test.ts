import { expect, test } from 'vitest';
import { readTime } from '../../../src/cli/options/time-option.ts';

const now = Date.UTC(2026, 10, 29, 12);
const day = 24 * 60 * 60 * 1000;

test.each([
  ['0s', now, now],
  ['2w', now - 14 * day, now - 14 * day],
  ['1y', now - 365 * day, now - 365 * day],
  ['2026-11-28', Date.UTC(2026, 10, 28), Date.UTC(2026, 10, 29) - 1],
  ['2024-02-29', Date.UTC(2024, 1, 29), Date.UTC(2024, 2, 1) - 1],
  ['2026-11-28T08:30', Date.UTC(2026, 10, 28, 8, 30), Date.UTC(2026, 10, 28, 8, 30)],
  ['2026-11-28 08:30:15', Date.UTC(2026, 10, 28, 8, 30, 15), Date.UTC(2026, 10, 28, 8, 30, 15)],
  ['2026-11-28t08:30:15.5z', Date.UTC(2026, 10, 28, 8, 30, 15, 500), Date.UTC(2026, 10, 28, 8, 30, 15, 500)],
  ['2026-11-28T08:30:00+02:00', Date.UTC(2026, 10, 28, 6, 30), Date.UTC(2026, 10, 28, 6, 30)],
])('reads %s as the start or the end of a range', (text, start, end) => {
  expect(readTime('--since', text, 'start', now)).toBe(start);
  expect(readTime('--until', text, 'end', now)).toBe(end);
});

test.each([
  'yesterday',
  '',
  '1',
  '-1d',
  '2026-02-30',
  '2026-13-01',
  '2026-11-28T25:00',
  '2026-11-28T08:30:00+99:00',
  '28.11.2026',
  '2026-11',
])('rejects %j and names the valid forms', (text) => {
  expect(() => readTime('--since', text, 'start', now)).toThrow(
    /^--since must be a duration such as 90s, .* or a date such as 2026-11-29 or 2026-11-29T08:00:00Z, not /,
  );
});
