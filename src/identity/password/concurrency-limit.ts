import { DockpassError } from '../../errors.ts';

export interface ConcurrencyLimit {
  /** Runs the task as soon as fewer than `maxRunning` tasks run. @throws DockpassError `busy` if the queue is full */
  run<Result>(task: () => Promise<Result>): Promise<Result>;
  /**
   * Throws if all places for running and waiting tasks are taken. A caller can call this function before it prepares a
   * task, so that it does no work for a task that `run` would reject.
   * @throws DockpassError `busy`
   */
  requireRoom(): void;
}

/**
 * Creates a limit that runs at most `maxRunning` tasks at once and lets at most `maxWaiting` more tasks wait. Further
 * tasks fail with `busy`.
 */
export function createConcurrencyLimit(maxRunning: number, maxWaiting: number): ConcurrencyLimit {
  const waiting: (() => void)[] = [];
  let running = 0;
  const requireRoom = (): void => {
    if (running < maxRunning || waiting.length < maxWaiting) return;
    throw new DockpassError('busy', 'too many logins at once; try again in a few seconds', { retryAfter: 2 });
  };
  return {
    requireRoom,
    run: async (task) => {
      requireRoom();
      if (running < maxRunning) running++;
      else await new Promise<void>((start) => waiting.push(start));
      try {
        return await task();
      } finally {
        // The next waiting task takes over this task's place, so the number of running tasks stays the same.
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
