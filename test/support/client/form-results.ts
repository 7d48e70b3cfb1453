import { afterAll } from 'vitest';
import { currentCommit, writeForms, type Form, type FormResult } from './compatibility.ts';
import { isFullMatrix, type Setup } from '../edge/registry-behind-edge.ts';

/**
 * Records whether the tests of `forms` in a test file pass, for docs/compatibility.md.
 * @param file the name of the results file, different for each test file
 * @returns a function that runs one test and records its outcome
 */
export function formResults(
  file: string,
): (form: Form, setup: Setup, walk: () => Promise<void>) => Promise<void> {
  const results: FormResult[] = [];
  afterAll(async () => {
    if (results.length > 0)
      await writeForms(file, { full: isFullMatrix, commit: await currentCommit(), results });
  });
  return async (form, setup, walk) => {
    let outcome: FormResult['outcome'] = 'wrong';
    try {
      await walk();
      outcome = 'right';
    } finally {
      results.push({ form, ...setup, outcome });
    }
  };
}
