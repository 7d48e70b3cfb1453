import { expect, test } from 'vitest';
import { describeSeries } from '../../../../src/console/model/usage/describe-series.ts';
import { createTimeSeries, roundUp } from '../../../../src/console/model/usage/time-series.ts';

const day = (text: string, pulls: number, pushes = 0) => ({ day: text, pulls, pushes });

test('shows a month by day, with the days on which nothing was used', () => {
  const { unit, buckets } = createTimeSeries(
    [day('2026-10-31', 3), day('2026-11-02', 5, 1)],
    '2026-10-30',
    '2026-11-03',
  );
  expect(unit).toBe('day');
  expect(buckets.map(({ label, pulls }) => `${label}: ${pulls}`)).toEqual([
    '30 Oct: 0',
    '31 Oct: 3',
    '1 Nov: 0',
    '2 Nov: 5',
    '3 Nov: 0',
  ]);
});

test('shows a quarter by week, and weeks begin on Monday', () => {
  const { unit, buckets } = createTimeSeries(
    [day('2026-09-01', 1), day('2026-11-22', 2), day('2026-11-23', 4), day('2026-11-29', 8)],
    '2026-08-31',
    '2026-11-29',
  );
  expect(unit).toBe('week');
  expect(buckets).toHaveLength(13);
  expect(buckets.slice(-2).map(({ label, pulls }) => `${label}: ${pulls}`.replaceAll(/\s/g, ' '))).toEqual([
    '16 – 22 Nov: 2',
    '23 – 29 Nov: 12',
  ]);
});

test('shows a longer time by month, from the first use', () => {
  const { unit, buckets } = createTimeSeries(
    [day('2025-12-31', 1), day('2026-02-28', 2), day('2027-01-01', 9)],
    undefined,
    '2026-11-29',
  );
  expect(unit).toBe('month');
  expect(buckets.map(({ pulls }) => pulls)).toEqual([1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([buckets[0]?.label, buckets.at(-1)?.label]).toEqual(['Dec 2025', 'Nov 2026']);
});

test('shows one day if there is only today', () => {
  expect(createTimeSeries([], undefined, '2026-11-29').buckets).toEqual([
    { label: '29 Nov', pulls: 0, pushes: 0 },
  ]);
});

test('describes the plot for people who do not see it', () => {
  const series = createTimeSeries(
    [day('2026-11-28', 1200), day('2026-11-29', 34)],
    '2026-11-28',
    '2026-11-29',
  );
  expect(describeSeries(series)).toBe(
    'Pulls by day, 28 Nov to 29 Nov: 1,234 in all, at most 1,200 (28 Nov).',
  );
  expect(describeSeries(createTimeSeries([], '2026-11-29', '2026-11-29'))).toBe(
    'Pulls by day, 29 Nov to 29 Nov: 0 in all.',
  );
});

test.each([
  [0, 2],
  [1, 2],
  [3, 4],
  [9, 10],
  [11, 12],
  [57, 60],
  [131, 150],
  [999, 1000],
  [100_001, 120_000],
])('rounds the top of the axis: %i is below %i', (largest, top) => {
  expect(roundUp(largest)).toBe(top);
  expect(top % 2).toBe(0);
});
