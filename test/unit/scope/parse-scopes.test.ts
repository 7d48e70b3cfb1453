import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DockpassError } from '../../../src/errors.ts';
import { parseScope, parseScopes } from '../../../src/scope/parse-scopes.ts';
import { formatScope } from '../../../src/scope/scope.ts';
import { anyText, scopeText } from '../../support/policy/arbitraries.ts';

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

  test('each of 10^6 texts is parsed or rejected with bad_scope, and no other error occurs', () => {
    let read = 0;
    let refused = 0;
    const drawn = fc.array(fc.tuple(anyText, fc.nat()), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(drawn, (texts) => {
        for (const [text, seed] of texts) {
          for (const near of nearby(text, seed)) {
            const outcome = outcomeOf(near);
            if (outcome === 'read') read += 1;
            else refused += 1;
          }
        }
      }),
      { numRuns: 1000 },
    );
    expect(read + refused).toBe(1_000_000);
    // Make sure that enough of the texts were valid, and enough of them invalid.
    expect(Math.min(read, refused)).toBeGreaterThan(100_000);
  }, 60_000);

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

/** Returns the text and 19 variants, in which characters are removed, doubled or replaced, once or several times. */
function nearby(text: string, seed: number): string[] {
  const odd = [
    ':',
    ',',
    '/',
    ' ',
    '*',
    '(',
    ')',
    '.',
    '-',
    '_',
    'a',
    'Z',
    '0',
    '%',
    'é',
    '\0',
    '\n',
    '\ud800',
  ];
  const texts = [text];
  let random = seed;
  const next = (below: number): number =>
    // The low bits of this random generator repeat too soon, so they are dropped.
    ((random = (random * 1_103_515_245 + 12_345) & 0x7fffffff) >>> 8) % (below + 1);
  while (texts.length < 20) {
    const from = texts[next(texts.length - 1)] ?? '';
    const at = next(from.length);
    const put = [``, from.slice(at, at + 2), odd[next(odd.length - 1)] ?? ''][next(2)] ?? '';
    texts.push(from.slice(0, at) + put + from.slice(at + 1));
  }
  return texts;
}

/** Parses the text and checks the result, but without `expect`, which would take most of the time. */
function outcomeOf(text: string): 'read' | 'refused' {
  try {
    const scopes = parseScopes([text]);
    for (const scope of scopes) {
      const written = formatScope(scope);
      if (/[^\x21-\x7e]/.test(written)) throw new Error(`${JSON.stringify(text)} was read as ${written}`);
      if (formatScope(parseScope(written)) !== written)
        throw new Error(`${written} changes when it is parsed and formatted`);
    }
    return 'read';
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code !== 'bad_scope') throw error;
    // The message is written to terminals and logs, so it must not contain control characters.
    if (/[\0-\x1f]/.test(error.message))
      throw new Error(`control characters in message: ${JSON.stringify(error.message)}`, { cause: error });
    return 'refused';
  }
}
