import { describe, expect, test } from 'vitest';
import {
  createConcurrencyLimit,
  type ConcurrencyLimits,
} from '../../../../src/identity/password/concurrency-limit.ts';

/** Creates a limit whose tasks end one after the other, when the test calls `endOne` or `endAll`. */
function setUp(limits: Partial<ConcurrencyLimits> = {}) {
  let now = 0;
  const limit = createConcurrencyLimit(
    { maxRunning: 1, maxWaitMs: 5000, initialTaskMs: 0, maxWaiting: 4, maxWaitingFresh: 3, ...limits },
    () => now,
  );
  /** What happened, in order: `name` when a task starts, and `name busy` when it is rejected. */
  const events: string[] = [];
  const ends: (() => void)[] = [];
  const add = (network: string, name = network): void => {
    limit
      .run(network, () => {
        events.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      })
      .catch((error: { code: string }) => events.push(`${name} ${error.code}`));
  };
  /** Waits until all callbacks of promises have run. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await settle();
  };
  const endAll = async (): Promise<void> => {
    while (ends.length > 0) await endOne();
  };
  return { limit, add, endOne, endAll, settle, events, pass: (seconds: number) => (now += seconds * 1000) };
}

describe('the queue of hashes', () => {
  test('lets one network use all places, and rejects its further tasks', async () => {
    const { add, endAll, settle, events } = setUp();
    for (let at = 0; at < 7; at++) add('a', `a${at}`);
    await settle();
    expect(events).toEqual(['a0', 'a5 busy', 'a6 busy']);
    await endAll();
    expect(events.slice(3)).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  test('starts the first task of a fresh network next, although the queue is full', async () => {
    const { add, endAll, settle, events } = setUp();
    for (let at = 0; at < 5; at++) add('a', `a${at}`);
    add('b');
    add('c');
    await settle();
    expect(events).toEqual(['a0']);
    await endAll();
    // Every second task comes from a fresh network.
    expect(events).toEqual(['a0', 'b', 'a1', 'c', 'a2', 'a3', 'a4']);
  });

  test('gives a network with fewer waiting tasks the place of the newest task of the network with the most', async () => {
    const { add, endOne, endAll, settle, events } = setUp();
    add('b', 'b0');
    await endOne();
    for (let at = 0; at < 5; at++) add('a', `a${at}`);
    add('b', 'b1');
    add('b', 'b2');
    add('b', 'b3');
    await settle();
    expect(events).toEqual(['b0', 'a0', 'a4 busy', 'a3 busy', 'b3 busy']);
    await endAll();
    expect(events.slice(5)).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('prefers, among networks with one waiting task each, the one that has used the queue less', async () => {
    const { add, endAll, settle, events } = setUp({ maxWaiting: 2 });
    for (const network of ['busy1', 'busy1', 'busy1', 'busy2', 'busy2', 'busy2', 'honest']) {
      add(network);
      await endAll();
    }
    events.length = 0;
    add('busy1');
    add('busy1');
    add('busy2');
    add('honest');
    await settle();
    expect(events).toEqual(['busy1', 'busy1 busy']);
    await endAll();
    expect(events.slice(2)).toEqual(['busy2', 'honest']);
  });

  test('limits how many fresh networks wait', async () => {
    const { add, settle, events } = setUp({ maxWaiting: 0 });
    for (const network of ['a', 'b', 'c', 'd', 'e']) add(network);
    await settle();
    expect(events).toEqual(['a', 'e busy']);
  });

  test.each([
    [1, 2],
    [2, 5],
  ])('lets tasks of 2 s wait for 5 s: if %i run at once, %i wait', async (maxRunning, waiting) => {
    const { add, settle, events } = setUp({ maxRunning, initialTaskMs: 2000, maxWaiting: 1000 });
    for (let at = 0; at < maxRunning; at++) add('a');
    for (let at = 0; at < 10; at++) add('a', 'later');
    await settle();
    expect(events.filter((event) => event === 'later busy')).toHaveLength(10 - waiting);
  });

  test('estimates the time from tasks that have ended', async () => {
    const { limit, add, endOne, endAll, settle, pass, events } = setUp({
      initialTaskMs: 25,
      maxWaiting: 1000,
      maxWaitingFresh: 0,
    });
    const waitingCount = async (): Promise<number> => {
      add('a');
      for (let at = 0; at < 1000; at++) add('a', 'later');
      await settle();
      const rejected = events.filter((event) => event === 'later busy').length;
      await endAll();
      events.length = 0;
      return 1000 - rejected;
    };
    expect(await waitingCount()).toBe(200);
    for (let at = 0; at < 100; at++) {
      add('a');
      pass(0.25);
      await endOne();
    }
    expect(await waitingCount()).toBeLessThanOrEqual(20);
    limit.requireRoom('a');
  });

  test('bounds the memory of the queue, even if tasks take no time', async () => {
    const { add, settle, events } = setUp({ maxWaiting: 1000 });
    for (let at = 0; at < 5000; at++) add('a');
    await settle();
    expect(events.filter((event) => event === 'a busy')).toHaveLength(5000 - 1001);
  });

  test('limits how long fresh networks wait', async () => {
    const { add, settle, events } = setUp({ initialTaskMs: 2000, maxWaiting: 0, maxWaitingFresh: 100 });
    for (const network of ['a', 'b', 'c', 'd', 'e']) add(network);
    await settle();
    expect(events).toEqual(['a', 'd busy', 'e busy']);
  });

  test('rejects a task whose turn comes after twice the time, and starts the next one', async () => {
    const { add, endOne, pass, events } = setUp();
    add('a', 'a0');
    add('a', 'a1');
    pass(8);
    add('a', 'a2');
    pass(2.1);
    await endOne();
    expect(events).toEqual(['a0', 'a2', 'a1 busy']);
  });

  test('a network is fresh again 15 minutes after its last task has started', async () => {
    const { limit, add, endAll, pass, events } = setUp({ maxWaiting: 0 });
    add('b');
    await endAll();
    add('a');
    pass(899);
    expect(() => limit.requireRoom('b')).toThrow('too many logins at once');
    pass(1);
    limit.requireRoom('b');
    add('b');
    await endAll();
    expect(events).toEqual(['b', 'a', 'b']);
  });
});
