import { expect, test } from 'vitest';
import { formatSize } from '../../src/size.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [12_345, '12.3 kB'],
  [999_499, '999 kB'],
  [999_500, '1 MB'],
  [31_415_926, '31.4 MB'],
  [999_999_999, '1 GB'],
  [5_368_709_120, '5.37 GB'],
  [Number.MAX_SAFE_INTEGER, '9.01 PB'],
  [2_000_000_000_000_000_000, '2000 PB'],
])('the size %d is %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
