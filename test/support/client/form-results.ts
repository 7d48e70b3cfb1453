import { afterAll } from 'vitest';
import { currentCommit, writeForms, type Form, type FormResult } from './compatibility.ts';
import { isFullMatrix, type Household } from '../edge/registry-behind-edge.ts';

/**
 * Keeps what became of the forms that a test file walks through, for docs/compatibility.md.
 * @param file a name of its own
 */
export function formResults(
  file: string,
): (form: Form, household: Household, walk: () => Promise<void>) => Promise<void> {
  const results: FormResult[] = [];
  afterAll(async () => {
    if (results.length > 0)
      await writeForms(file, { full: isFullMatrix, commit: await currentCommit(), results });
  });
  return async (form, household, walk) => {
    let outcome: FormResult['outcome'] = 'wrong';
    try {
      await walk();
      outcome = 'right';
    } finally {
      results.push({ form, ...household, outcome });
    }
  };
}
