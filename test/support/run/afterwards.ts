import { onTestFinished, TestRunner } from 'vitest';

type Undo = () => Promise<void> | void;

const undos: Undo[] = [];

/** For after-file.ts alone. */
export async function undoAfterFile(): Promise<void> {
  const failures: unknown[] = [];
  for (const undo of undos.splice(0).reverse()) {
    try {
      await undo();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'could not clean up after the test file');
}

/**
 * Runs `undo` after the test in which it was called, whether the test passed or failed; called outside a test (in
 * beforeAll, say) after the last test of the file. What came last goes first.
 */
export function afterwards(undo: Undo): void {
  if (TestRunner.getCurrentTest() === undefined) undos.push(undo);
  else onTestFinished(async () => await undo());
}
