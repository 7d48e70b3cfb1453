import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findingCodes } from '../../../src/doctor/finding.ts';

it('docs/doctor.md has a section for each code that doctor gives, and no other', () => {
  const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
  const sections = [...page.matchAll(/^### (.+)$/gm)].map(([, code]) => code);
  expect(sections.toSorted()).toEqual(findingCodes.toSorted());
});
