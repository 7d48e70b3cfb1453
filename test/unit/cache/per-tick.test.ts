import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { perTick } from '../../../src/cache/per-tick.ts';
import { outcomeOf, type Outcome } from '../../support/fuzz/outcome.ts';

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

test('returns what a read at the first call of the tick returns, errors included', async () => {
  const step = fc.constantFrom('read', 'read', 'change', 'break', 'repair', 'tick');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const source = { value: 0, isBroken: false };
      const read = (): number => {
        if (source.isBroken) throw new Error(`broken at ${source.value}`);
        return source.value;
      };
      const cached = perTick(read);
      let first: Outcome | undefined;
      for (const each of steps) {
        if (each === 'change') source.value++;
        if (each === 'break') source.isBroken = true;
        if (each === 'repair') source.isBroken = false;
        if (each === 'tick') {
          await nextTick();
          first = undefined;
        }
        if (each !== 'read') continue;
        if (first === undefined || 'thrown' in first) first = outcomeOf(read);
        expect(outcomeOf(cached)).toStrictEqual(first);
      }
      await nextTick();
    }),
  );
});
