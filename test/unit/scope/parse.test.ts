import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DockpassError } from '../../../src/errors.ts';
import { parseScope, parseScopes } from '../../../src/scope/parse.ts';
import { formatScope } from '../../../src/scope/scope.ts';
import { anyText, scopeText } from '../../support/arbitraries.ts';

describe('scopes', () => {
  test('parse and format undo each other', () => {
    fc.assert(
      fc.property(scopeText, (text) => {
        const scope = parseScope(text);
        expect(parseScope(formatScope(scope))).toEqual(scope);
        expect(new Set(scope.actions).size).toBe(scope.actions.length);
      }),
      { numRuns: 20_000 },
    );
  });

  test('10^5 texts: read, or refused by name, and never another error', () => {
    const batch = fc.array(anyText, { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(batch, (texts) => {
        for (const text of texts) {
          try {
            expect(parseScopes([text]).map(formatScope).join(' ')).toMatch(/^[\x20-\x7e]*$/);
          } catch (error) {
            if (!(error instanceof DockpassError)) throw error;
            expect(error.code).toBe('bad_scope');
            // It goes to terminals and logs.
            expect(error.message).not.toMatch(/[\0-\x1f]/);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('repeated, joined by spaces and empty are one list', () => {
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
  ])('%s', (text, scope) => {
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
  ])('%s is refused', (text) => {
    expect(() => parseScope(text)).toThrow(/^cannot read the scope/);
  });
});
