import { expect, test } from 'vitest';
import { describeScopes } from '../../../../src/console/model/audit/describe-scopes.ts';
import {
  auditCommand,
  formatFilters,
  noFilters,
  readFilters,
} from '../../../../src/console/model/audit/filters.ts';

test('the address of the page holds the filters', () => {
  const filters = {
    ...noFilters,
    outcome: 'refused',
    user: 'alice',
    repository: 'team/app',
    since: '24h',
  } as const;
  const query = formatFilters(filters);
  expect(query).toBe('?outcome=refused&user=alice&repository=team%2Fapp&since=24h');
  expect(readFilters(Object.fromEntries(new URLSearchParams(query)))).toEqual(filters);
});

test('ignores an outcome that does not exist', () => {
  expect(readFilters({ outcome: '<b>', other: '1' })).toEqual(noFilters);
  expect(formatFilters({ ...noFilters, user: '  ' })).toBe('');
});

test('names the command that prints the same rows', () => {
  expect(auditCommand(noFilters)).toBe('dockpass audit');
  expect(auditCommand({ ...noFilters, repository: 'team/app', user: "it's", since: '1h' })).toBe(
    "dockpass audit --since 1h --user 'it'\\''s' --repo team/app",
  );
});

test('shows what was requested and not granted', () => {
  expect(describeScopes('repository:team/app:pull,push', 'repository:team/app:pull')).toEqual([
    { type: 'repository', name: 'team/app', actions: ['pull'], missing: ['push'] },
  ]);
  expect(describeScopes('repository:a:delete', 'repository:a:*')).toMatchObject([{ missing: [] }]);
});

test('keeps the port of a repository name, and what the log left out', () => {
  expect(describeScopes('repository:host:5000/app:pull and 3 more', '')).toEqual([
    { type: 'repository', name: 'host:5000/app', actions: [], missing: ['pull'] },
    { type: '', name: 'and 3 more', actions: [], missing: [] },
  ]);
  expect(describeScopes('', '')).toEqual([]);
  expect(describeScopes('<script>', '')).toEqual([{ type: '', name: '<script>', actions: [], missing: [] }]);
});
