import { expect, test } from 'vitest';
import {
  firstDayOf,
  formatFilters,
  noFilters,
  queryOf,
  readFilters,
  usageCommand,
} from '../../../../src/console/model/usage/filters.ts';

test('keeps the filters in the address of the page, and leaves out what is usual', () => {
  expect(formatFilters(noFilters)).toBe('');
  const filters = { view: 'unused', period: 'all', by: '', repository: 'team/app' } as const;
  expect(formatFilters(filters)).toBe('?view=unused&period=all&repository=team%2Fapp');
  expect(readFilters(Object.fromEntries(new URLSearchParams(formatFilters(filters))))).toEqual(filters);
  expect(readFilters({ view: 'x', period: '1', other: 'y' })).toEqual(noFilters);
});

test('names the command with the same result', () => {
  expect(usageCommand({ ...noFilters, by: "o'neil", repository: 'team/app' })).toBe(
    String.raw`dockpass usage team/app --by 'o'\''neil' --since 30d`,
  );
  expect(usageCommand({ ...noFilters, period: 'all' })).toBe('dockpass usage');
  expect(usageCommand({ ...noFilters, view: 'unused' })).toBeUndefined();
});

test('asks the API for the rows of the table', () => {
  expect(queryOf({ ...noFilters, by: 'ci' })).toEqual({
    repository: '',
    since: '30d',
    by: 'ci',
    order: 'pulls',
  });
  expect(queryOf({ ...noFilters, view: 'unused', period: 'all' })).toEqual({
    repository: '',
    since: undefined,
  });
});

test('knows the first day of a time', () => {
  expect(firstDayOf('30d', new Date('2026-11-29T23:59:59Z'))).toBe('2026-10-30');
  expect(firstDayOf('all', new Date())).toBeUndefined();
});
