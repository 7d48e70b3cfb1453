import { expect, test } from 'vitest';
import { shortDigest } from '../../../../src/console/format/digest.ts';
import { formatSize } from '../../../../src/console/format/size.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [12_345, '12.3 kB'],
  [999_499, '999 kB'],
  [999_500, '1 MB'],
  [31_415_926, '31.4 MB'],
  [5_368_709_120, '5.37 GB'],
  [2_000_000_000_000_000_000, '2000 PB'],
])('formats %i bytes as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('shortens a digest as docker does', () => {
  expect(shortDigest(`sha256:${'9f86d081'.repeat(8)}`)).toBe('sha256:9f86d0819f86');
});
