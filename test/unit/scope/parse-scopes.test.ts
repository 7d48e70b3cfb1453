import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScope, parseScopes } from '../../../src/scope/parse-scopes.ts';
import { formatScope } from '../../../src/scope/scope.ts';
import { scopeText } from '../../support/policy/arbitraries.ts';

describe('scopes', () => {
  test('do not change when they are formatted and parsed again', () => {
    fc.assert(
      fc.property(scopeText, (text) => {
        const scope = parseScope(text);
        expect(parseScope(formatScope(scope))).toEqual(scope);
        expect(new Set(scope.actions).size).toBe(scope.actions.length);
      }),
      { numRuns: 20_000 },
    );
  });

  test('in several parameters or joined by spaces are one list, without the empty ones', () => {
    const both = ['repository:a:pull', 'repository:b:push'].map(parseScope);
    expect(parseScopes(['repository:a:pull', 'repository:b:push'])).toEqual(both);
    expect(parseScopes(['repository:a:pull repository:b:push'])).toEqual(both);
    expect(parseScopes([' repository:a:pull  repository:b:push ', '', ' '])).toEqual(both);
    expect(parseScopes([])).toEqual([]);
    expect(parseScopes([''])).toEqual([]);
  });

  test.each([
    [
      'repository:library/alpine:pull',
      { type: 'repository', class: undefined, name: 'library/alpine', actions: ['pull'] },
    ],
    [
      'repository:host:5000/a:push,pull',
      { type: 'repository', class: undefined, name: 'host:5000/a', actions: ['push', 'pull'] },
    ],
    ['repository(plugin):a:pull', { type: 'repository', class: 'plugin', name: 'a', actions: ['pull'] }],
    ['registry:catalog:*', { type: 'registry', class: undefined, name: 'catalog', actions: ['*'] }],
    [
      'repository:a_b__c.d-e--f/g:',
      { type: 'repository', class: undefined, name: 'a_b__c.d-e--f/g', actions: [] },
    ],
  ])('parses %s', (text, scope) => {
    expect(parseScope(text)).toEqual(scope);
  });

  test.each([
    'repository',
    'repository:a',
    ':a:pull',
    'repository::pull',
    'repository():a:pull',
    'Repository:a:pull',
    'repository:a___b:pull',
    'repository:a..b:pull',
    'repository:host:123456/a:pull',
    'repository:a@sha256:pull',
    'repository:a:pull;push',
    'repository:a:**',
  ])('rejects %s', (text) => {
    expect(() => parseScope(text)).toThrow(/^cannot read the scope/);
  });
});
