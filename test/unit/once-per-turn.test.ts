import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { perTick } from '../../src/cache/per-tick.ts';

test('a value is read once a turn, and anew in the next', async () => {
  let reads = 0;
  const value = perTick(() => ++reads);
  expect([value(), value()]).toEqual([1, 1]);
  await Promise.resolve();
  expect(value()).toBe(1);
  await nextTurn();
  expect([value(), value()]).toEqual([2, 2]);
});

test('a read that fails is tried again at once', () => {
  let fails = true;
  const value = perTick(() => {
    if (fails) throw new Error('closed');
    return 'read';
  });
  expect(value).toThrow('closed');
  fails = false;
  expect(value()).toBe('read');
});
