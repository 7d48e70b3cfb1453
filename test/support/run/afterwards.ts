import { onTestFinished, TestRunner } from 'vitest';

type Undo = () => Promise<void> | void;

const undos: Undo[] = [];

/** Runs the functions that were registered outside a test. Only after-file.ts calls this. */
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
 * Registers a function that runs after the current test, whether the test passes or fails. Outside a test, such as in
 * beforeAll, the function runs after the last test of the file. Functions that are registered last run first.
 */
export function afterwards(undo: Undo): void {
  if (TestRunner.getCurrentTest() === undefined) undos.push(undo);
  else onTestFinished(async () => await undo());
}
