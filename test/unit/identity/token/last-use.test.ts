import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLastUseRecorder } from '../../../../src/identity/token/last-use.ts';
import type { LastUse } from '../../../../src/store/store.ts';

/** A little more than the time between two writes of groups, in milliseconds. */
const oneGroup = 1001;

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000_000 }));
afterEach(() => void vi.useRealTimers());

function recorder() {
  const groups: Map<string, LastUse>[] = [];
  const failures: unknown[] = [];
  const state = { isDiskFull: false };
  const write = async (uses: ReadonlyMap<string, LastUse>): Promise<void> => {
    if (state.isDiskFull) throw new Error('disk full');
    groups.push(new Map(uses));
  };
  const self = createLastUseRecorder(write, Date.now, (error) => failures.push(error));
  return { ...self, groups, failures, state };
}

describe('last uses', () => {
  test('are written in one group, with only the newest use of each key', async () => {
    const { record, groups, close } = recorder();
    record('a', '192.0.2.1');
    record('b', '192.0.2.2');
    record('a', '192.0.2.3');
    await vi.advanceTimersByTimeAsync(oneGroup);
    expect(groups).toEqual([
      new Map([
        ['a', { at: 1_000_000, from: '192.0.2.3' }],
        ['b', { at: 1_000_000, from: '192.0.2.2' }],
      ]),
    ]);
    await close();
  });

  test('are written at most once a minute for each key, no matter how often it is used', async () => {
    const { record, groups, latestUseAt, close } = recorder();
    for (let second = 0; second < 180; second++) {
      record('a', '192.0.2.1');
      await vi.advanceTimersByTimeAsync(1000);
      expect(latestUseAt('a')).toBe(1_000_000 + second);
    }
    expect(groups.length).toBeGreaterThanOrEqual(3);
    expect(groups.length).toBeLessThanOrEqual(4);
    await close();
    expect(groups.at(-1)?.get('a')?.at).toBe(1_000_000 + 179);
  });

  test('stay in memory after a failed write, and are written later', async () => {
    const { record, groups, failures, state, latestUseAt, close } = recorder();
    state.isDiskFull = true;
    record('a', '192.0.2.1');
    await vi.advanceTimersByTimeAsync(3 * oneGroup);
    expect([groups, failures.length > 0, latestUseAt('a')]).toEqual([[], true, 1_000_000]);
    state.isDiskFull = false;
    await vi.advanceTimersByTimeAsync(oneGroup);
    expect(groups).toHaveLength(1);
    await close();
    expect(groups).toHaveLength(1);
  });

  test('are removed from memory after they are written', async () => {
    const { record, latestUseAt, close } = recorder();
    record('a', '192.0.2.1');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(latestUseAt('a')).toBeUndefined();
    await close();
  });

  test('are written on close, even if the next write is not due yet', async () => {
    const { record, groups, close } = recorder();
    record('a', '192.0.2.1');
    await close();
    expect(groups).toHaveLength(1);
  });
});
