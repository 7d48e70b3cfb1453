import { expect, test } from 'vitest';
import { memoize } from '../../../src/cache/memoize.ts';

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
