import { vi } from 'vitest';
import { afterwards } from '../run/afterwards.ts';

/** Counts the signatures that this process verifies from now on, until the test is over. */
export function countSignatures(): () => number {
  const spy = vi.spyOn(crypto.subtle, 'verify');
  afterwards(() => spy.mockRestore());
  return () => spy.mock.calls.length;
}
