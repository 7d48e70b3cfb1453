import { expect, test } from 'vitest';
import { formatClaims } from '../../../../src/cli/views/trust-view.ts';

test('claims are on one line, whatever a job has written into them', () => {
  expect(formatClaims({ ref: ['main', 'next'], number: 7, flag: true })).toBe(
    'ref=main|next, number=7, flag=true',
  );
  expect(formatClaims({ actor: 'x\nacme-app waits', other: 'a b', quoted: '"' })).toBe(
    String.raw`actor="x\nacme-app waits", other="a b", quoted="\""`,
  );
});
