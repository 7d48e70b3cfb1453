import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { perTick } from '../../../src/cache/per-tick.ts';

test('reads the value once in each tick of the event loop', async () => {
  let reads = 0;
  const value = perTick(() => ++reads);
  expect([value(), value()]).toEqual([1, 1]);
  await Promise.resolve();
  expect(value()).toBe(1);
  await nextTick();
  expect([value(), value()]).toEqual([2, 2]);
});

test('reads again after a read that failed', () => {
  let fails = true;
  const value = perTick(() => {
    if (fails) throw new Error('closed');
    return 'read';
  });
  expect(value).toThrow('closed');
  fails = false;
  expect(value()).toBe('read');
});
