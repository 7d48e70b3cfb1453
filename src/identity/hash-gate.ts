import { DockpassError } from '../errors.ts';

/** Runs a task when there is room for it. @throws DockpassError `busy` where too many are waiting already */
export type Gate = <Result>(task: () => Promise<Result>) => Promise<Result>;

/** At most `limit` tasks at once, `room` waiting; whoever comes then is told to come back. */
export function createGate(limit: number, room: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) {
      if (waiting.length >= room)
        throw new DockpassError('busy', 'too many logins at once; try again in a few seconds', {
          retryAfter: 2,
        });
      await new Promise<void>((admit) => waiting.push(admit));
    } else {
      running++;
    }
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
