import { expect, test } from 'vitest';
import { shortDigest } from '../../../../src/console/format/digest.ts';

test('shortens a digest as docker does', () => {
  expect(shortDigest(`sha256:${'9f86d081'.repeat(8)}`)).toBe('sha256:9f86d0819f86');
});
