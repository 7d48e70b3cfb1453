import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern, matches } from '../../../src/policy/pattern.ts';
import { sampleName, sampleNameOfBoth } from '../../../src/policy/sample-names.ts';
import { parseScope } from '../../../src/scope/parse-scopes.ts';

test.each([
  ['team/**', 'team/example'],
  ['team/*/app', 'team/example/app'],
  ['team/app', 'team/app'],
  ['**', 'example'],
  ['team/Upper/**', undefined],
  ['a//b', undefined],
])('the example for %s is %s', (pattern, name) => {
  expect(sampleName(pattern)).toBe(name);
});

test.each([
  ['team/**', '**/app'],
  ['team/**', '*/app'],
  ['team/**', 'team/**/x'],
  ['team/*', 'team/**'],
  ['te*/app', '*am/app'],
  ['**', 'team/app'],
  ['a/*/c', 'a/b/*'],
])('finds a name that %s and %s match', (one, other) => {
  const name = sampleNameOfBoth(one, other) ?? '';
  expect(matches(compilePattern(one), name) && matches(compilePattern(other), name)).toBe(true);
  expect(() => parseScope(`repository:${name}:pull`)).not.toThrow();
});

test.each([
  ['team/**', 'base/**'],
  ['team/*', 'team/a/b'],
  ['a', 'b'],
])('finds no name for %s and %s', (one, other) => {
  expect(sampleNameOfBoth(one, other)).toBeUndefined();
});

test('a name for two random patterns is valid and matches both', () => {
  const part = fc.constantFrom('*', '**', 'a', 'b', 'team', '/', '/', '-');
  const pattern = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const name = sampleNameOfBoth(one, other);
      if (name === undefined) return;
      expect(matches(compilePattern(one), name)).toBe(true);
      expect(matches(compilePattern(other), name)).toBe(true);
      expect(() => parseScope(`repository:${name}:pull`)).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});

test('patterns with very many stars end the search soon', () => {
  const begin = performance.now();
  sampleNameOfBoth('*a/**'.repeat(40), '**b/*'.repeat(40));
  expect(performance.now() - begin).toBeLessThan(1000);
});
