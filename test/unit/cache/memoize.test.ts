import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DockpassError } from '../../../src/errors.ts';
import { memoize } from '../../../src/cache/memoize.ts';
import { outcomeOf } from '../../support/fuzz/outcome.ts';

test('computes a repeated result at most twice and never caches an error', () => {
  let calls = 0;
  const length = memoize(10, (text) => {
    calls++;
    if (text === 'bad') throw new Error('bad');
    return text.length;
  });
  expect(Array.from({ length: 10 }, () => length('four'))).toEqual(Array.from({ length: 10 }, () => 4));
  expect(calls).toBe(2);
  for (let call = 0; call < 3; call++) expect(() => length('bad')).toThrow('bad');
  expect(calls).toBe(5);
});

test('answers as the function itself, errors included, whatever is dropped from the cache', () => {
  const compute = (text: string): unknown => {
    if (text.includes('bad')) throw new DockpassError('bad_scope', `cannot read ${text}`);
    return text === '' ? undefined : { text };
  };
  const texts = fc.array(fc.constantFrom('', 'bad', 'bad 2', ...'abcdefghijkl'), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), texts, (capacity, asked) => {
      const memoized = memoize(capacity, compute);
      for (const text of asked)
        expect(outcomeOf(() => memoized(text))).toStrictEqual(outcomeOf(() => compute(text)));
    }),
  );
});
