import { expect, test } from 'vitest';
import { createEventId } from '../../../src/audit/event-id.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

test('ids are short, readable and never equal', () => {
  const ids = Array.from({ length: 100_000 }, () => createEventId(now));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[0-9a-hjkmnp-tv-z]{12}$/.test(id))).toEqual([]);
});

test('a later id sorts after an earlier id', () => {
  const seconds = [0, 1, 31, 32, 33, 1024, 40_000_000];
  const ids = seconds.map((second) => createEventId(now + second * 1000));
  expect([...ids].sort()).toEqual(ids);
});

test.each([0, -1, 2 ** 45])('an id has 12 characters at any time: %d', (at) => {
  expect(createEventId(at)).toMatch(/^[0-9a-z]{12}$/);
});
