import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, matches } from '../../../src/policy/pattern.ts';

/** Converts a pattern to an equivalent regular expression. Matching it can take exponential time. */
function reference(pattern: string): RegExp {
  const source = (pattern.match(/\*\*+|\*|[^*]/gsu) ?? []).map((piece) => {
    if (piece.startsWith('**')) return '[\\s\\S]*';
    return piece === '*' ? '[^/]*' : piece.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 'u');
}

const pieces = fc.constantFrom('a', 'b', '/', '.', '-', '*', '**', '[', '+', '?');
const pattern = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));
const name = fc
  .array(fc.constantFrom('a', 'b', '/', '.', '-', '[', '+'), { maxLength: 10 })
  .map((parts) => parts.join(''));

describe('repository patterns', () => {
  test('match the same names as the equivalent regular expression', () => {
    fc.assert(
      fc.property(pattern, name, (text, candidate) => {
        expect(matches(compilePattern(text), candidate)).toBe(reference(text).test(candidate));
      }),
      { numRuns: 30_000 },
    );
  });

  test('with about as many parts as an integer has bits match the same names as the regular expression', () => {
    // A short pattern is matched with one integer, and a long one with an array.
    const letters = fc.array(fc.constantFrom('a', 'b', '/'), { minLength: 24, maxLength: 32 });
    const long = fc.tuple(
      fc.constantFrom('*', '**', '*a', '**/'),
      letters,
      fc.constantFrom('*', '**', 'b*', '/**'),
    );
    const candidates = fc.tuple(fc.constantFrom('', 'a', 'b/a'), fc.constantFrom('', '/', 'b', 'a/b'));
    let matched = 0;
    fc.assert(
      fc.property(long, candidates, fc.boolean(), ([first, middle, last], [start, end], isOther) => {
        const text = `${first}${middle.join('')}${last}`;
        const candidate = `${start}${middle.join('').slice(isOther ? 1 : 0)}${end}`;
        const expected = reference(text).test(candidate);
        expect(matches(compilePattern(text), candidate)).toBe(expected);
        if (expected) matched++;
      }),
      { numRuns: 5000 },
    );
    expect(matched).toBeGreaterThan(500);
  });

  test.each([
    ['**', 'a/b/c', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['team/*', 'team/app', true],
    ['team/*', 'team/app/x', false],
    ['team/*', 'team', false],
    ['team/**', 'team/app/x', true],
    ['team/**', 'team', false],
    ['team**', 'team', true],
    ['**/app', 'a/b/app', true],
    ['**/app', 'app', false],
    ['a.b', 'aXb', false],
    ['', '', true],
    ['', 'a', false],
    ['***', 'a/b', true],
  ])('%j matches %j: %s', (text, candidate, expected) => {
    expect(matches(compilePattern(text), candidate)).toBe(expected);
  });

  test.each([
    ['a*'.repeat(120) + 'b', 'a'.repeat(255)],
    ['**a'.repeat(120) + 'b', 'a'.repeat(255)],
    ['*a/**'.repeat(50) + 'b', 'a/'.repeat(127)],
    [`${'**/*'.repeat(60)}b**c`, 'a/b'.repeat(85)],
  ])('70: matching %s ends soon, although backtracking would practically never end', (hostile, candidate) => {
    expect(matches(compilePattern(hostile), candidate)).toBe(false);
  });
});
