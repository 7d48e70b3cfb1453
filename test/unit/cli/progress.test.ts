import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withProgress } from '../../../src/cli/progress.ts';

let written = '';
const wasTerminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');

function setTerminal(value: boolean): void {
  Object.defineProperty(process.stderr, 'isTTY', { value, configurable: true });
}

beforeEach(() => {
  written = '';
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  if (wasTerminal === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
  else Object.defineProperty(process.stderr, 'isTTY', wasTerminal);
});

/** Creates work that takes this many milliseconds of the fake clock. */
const work = (milliseconds: number) => async (): Promise<string> => {
  await vi.advanceTimersByTimeAsync(milliseconds);
  return 'result';
};

test('shows the elapsed seconds at a terminal, and clears the line at the end', async () => {
  setTerminal(true);
  expect(await withProgress('Copying', work(2500), () => 'users')).toBe('result');
  expect(written).toBe(
    `\rCopying (1 s, users)\rCopying (2 s, users)\r${' '.repeat('Copying (2 s, users)'.length)}\r`,
  );
});

test('shows nothing for work that takes less than a second', async () => {
  setTerminal(true);
  await withProgress('Copying', work(900));
  expect(written).toBe('');
});

test('shows nothing without a terminal', async () => {
  setTerminal(false);
  expect(await withProgress('Copying', work(2500))).toBe('result');
  expect(written).toBe('');
});

test('clears the line if the work fails', async () => {
  setTerminal(true);
  const failing = async (): Promise<never> => {
    await vi.advanceTimersByTimeAsync(1000);
    throw new Error('no space left');
  };
  await expect(withProgress('Copying', failing)).rejects.toThrow('no space left');
  expect(written).toMatch(/\r {13}\r$/);
});
