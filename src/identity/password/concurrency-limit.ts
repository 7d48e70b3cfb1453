import { createLru } from '../../cache/lru.ts';
import { DockpassError } from '../../errors.ts';

export interface ConcurrencyLimit {
  /**
   * Runs the task as soon as the limit allows it.
   * @param network the network that the task is for. Networks with waiting tasks take turns
   * @throws DockpassError `busy` if the queue has no place for this network, if the waiting task must give its place to
   *   a task of another network, or if the task has waited for too long
   */
  run<Result>(network: string, task: () => Promise<Result>): Promise<Result>;
  /**
   * Throws if the queue has no place for this network. A caller can call this function before it prepares a task, so
   * that it does no work for a task that `run` would reject.
   * @throws DockpassError `busy`
   */
  requireRoom(network: string): void;
}

export interface ConcurrencyLimits {
  /** The largest number of tasks that run at the same time. */
  readonly maxRunning: number;
  /**
   * The longest time that a task may have to wait, in milliseconds. The time is estimated from the number of waiting
   * tasks and from the time that earlier tasks took. A task that would have to wait longer gets no place.
   */
  readonly maxWaitMs: number;
  /** The average time of a task that is assumed before any task was measured, in milliseconds. */
  readonly initialTaskMs: number;
  /**
   * The largest number of tasks in the main queue, which limits its memory. While only one network has tasks in it, it
   * can fill the queue.
   */
  readonly maxWaiting: number;
  /**
   * The largest number of tasks in the separate queue for fresh networks. A network is fresh if no task of it has
   * started for 15 minutes and no task of it waits. This queue holds at most one task of each network.
   */
  readonly maxWaitingFresh: number;
}

/** A network is fresh if no task of it has started for this many milliseconds, or if none has ever started. */
const freshAfterMs = 15 * 60 * 1000;
/** The largest number of networks for which the limit remembers how many tasks have started. */
const maxUsages = 40_000;

/** The weight of the last task in the average time of a task. */
const weightOfLast = 1 / 16;

interface Waiting {
  readonly since: number;
  readonly start: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Creates a limit that runs at most `maxRunning` tasks at the same time. All other tasks wait. The networks that have
 * waiting tasks take turns, so that a network with many tasks does not delay a network with one task.
 *
 * - The queue is full if `maxWaiting` tasks wait in it, or if a further task would have to wait for more than
 *   `maxWaitMs`. This time is an estimate, so some tasks wait for longer. A task that has waited for more than twice
 *   `maxWaitMs` is rejected, because its client has probably given up.
 * - One network can use all places of the queue. If another network then needs a place, the newest task of the network
 *   with the most waiting tasks is rejected. If several networks have the most waiting tasks, this applies to the one
 *   of them that has recently started the most tasks.
 * - A network is fresh if no task of it has started for 15 minutes and no task of it waits. If a task of a fresh
 *   network must wait, it waits in a separate queue of `maxWaitingFresh` places, unless that queue is full. While both
 *   queues contain tasks, they take turns.
 * @param now a clock in milliseconds that never goes back
 */
export function createConcurrencyLimit(
  { maxRunning, maxWaitMs, initialTaskMs, maxWaiting, maxWaitingFresh }: ConcurrencyLimits,
  now: () => number = () => performance.now(),
): ConcurrencyLimit {
  /**
   * The tasks in the separate queue for fresh networks (see `createConcurrencyLimit`): one task for each network. The
   * task that has waited longest comes first.
   */
  const waitingFresh = new Map<string, Waiting>();
  /** All other waiting tasks, by network. The network whose turn is next comes first. */
  const waiting = new Map<string, Waiting[]>();
  const usages = createLru<{ count: number; lastAt: number }>(maxUsages);
  let waitingCount = 0;
  let runningCount = 0;
  let isTurnOfFresh = true;
  let averageMs = initialTaskMs;

  const usageOf = (network: string): number => {
    const usage = usages.get(network);
    return usage === undefined || now() - usage.lastAt >= freshAfterMs ? 0 : usage.count;
  };
  const countUsage = (network: string): void =>
    usages.set(network, { count: usageOf(network) + 1, lastAt: now() });
  /** Returns true if a task has to wait for too long when this many other tasks start before it. */
  const isTooFarBack = (count: number): boolean => ((count + 1) * averageMs) / maxRunning > maxWaitMs;
  // While both queues contain tasks, they take turns. So for each earlier task of its own queue, a task also waits for
  // one task of the other queue.
  const isFull = (): boolean =>
    waitingCount >= maxWaiting || isTooFarBack(waitingCount + Math.min(waitingCount, waitingFresh.size));
  const hasRoomForFresh = (network: string): boolean =>
    waitingFresh.size < maxWaitingFresh &&
    isFresh(network) &&
    !isTooFarBack(waitingFresh.size + Math.min(waitingCount, waitingFresh.size));
  const waitingOf = (network: string): number => waiting.get(network)?.length ?? 0;
  const isFresh = (network: string): boolean =>
    usageOf(network) === 0 && !waitingFresh.has(network) && !waiting.has(network);

  /**
   * Returns the network whose newest waiting task must be rejected so that a task of `network` can wait. This is the
   * network with the most waiting tasks, including the new one. If several have the most, it is the one of them that
   * has recently started the most tasks. Returns undefined if this is `network` itself.
   */
  const findHeavierNetwork = (network: string): string | undefined => {
    let [heaviest, most, usage] = [network, waitingOf(network) + 1, usageOf(network) + 1];
    for (const [other, { length }] of waiting) {
      if (other === network || length < most || (length === most && usageOf(other) <= usage)) continue;
      [heaviest, most, usage] = [other, length, usageOf(other)];
    }
    return heaviest === network ? undefined : heaviest;
  };
  const hasRoom = (network: string): boolean =>
    runningCount < maxRunning ||
    !isFull() ||
    hasRoomForFresh(network) ||
    findHeavierNetwork(network) !== undefined;
  const requireRoom = (network: string): void => {
    if (!hasRoom(network)) throw busy();
  };

  const remove = (network: string, take: (tasks: Waiting[]) => Waiting | undefined): Waiting | undefined => {
    const tasks = waiting.get(network);
    const task = tasks && take(tasks);
    if (task !== undefined) waitingCount--;
    if (tasks?.length === 0) waiting.delete(network);
    return task;
  };
  const waitInLine = (network: string): Promise<void> =>
    new Promise((start, reject) => {
      const task: Waiting = { since: now(), start, reject };
      if (hasRoomForFresh(network)) {
        waitingFresh.set(network, task);
        return;
      }
      if (isFull()) {
        const heavier = findHeavierNetwork(network);
        if (heavier === undefined) return reject(busy());
        remove(heavier, (tasks) => tasks.pop())?.reject(busy());
      }
      const tasks = waiting.get(network);
      if (tasks === undefined) waiting.set(network, [task]);
      else tasks.push(task);
      waitingCount++;
    });

  const takeFresh = (): readonly [string, Waiting] | undefined => {
    const first = waitingFresh.entries().next().value;
    if (first !== undefined) waitingFresh.delete(first[0]);
    return first;
  };
  const takeOther = (): readonly [string, Waiting] | undefined => {
    const network = waiting.keys().next().value;
    if (network === undefined) return undefined;
    const task = remove(network, (tasks) => tasks.shift());
    const others = waiting.get(network);
    // The network's next turn comes after those of all other networks.
    if (others !== undefined) {
      waiting.delete(network);
      waiting.set(network, others);
    }
    return task && [network, task];
  };
  const takeNext = (): readonly [string, Waiting] | undefined => {
    for (;;) {
      const next = isTurnOfFresh ? (takeFresh() ?? takeOther()) : (takeOther() ?? takeFresh());
      if (next === undefined || now() - next[1].since <= 2 * maxWaitMs) return next;
      next[1].reject(busy());
    }
  };
  const startNext = (): void => {
    const next = takeNext();
    isTurnOfFresh = !isTurnOfFresh;
    if (next === undefined) {
      runningCount--;
      return;
    }
    const [network, task] = next;
    countUsage(network);
    task.start();
  };

  return {
    requireRoom,
    run: async (network, task) => {
      if (runningCount < maxRunning) {
        runningCount++;
        countUsage(network);
      } else await waitInLine(network);
      const startedAt = now();
      try {
        return await task();
      } finally {
        averageMs += (now() - startedAt - averageMs) * weightOfLast;
        // The next waiting task takes over this task's place, so the number of running tasks stays the same.
        startNext();
      }
    },
  };
}

function busy(): DockpassError {
  return new DockpassError('busy', 'too many logins at once; try again in a few seconds', { retryAfter: 2 });
}
