import { DockpassError } from '../../errors.ts';

export interface HashGate {
  /** Runs a task when there is room for it. @throws DockpassError `busy` where too many are waiting already */
  run<Result>(task: () => Promise<Result>): Promise<Result>;
  /** For whoever would prepare a task in vain. @throws DockpassError `busy` */
  requireRoom(): void;
}

/** At most `limit` tasks at once, `room` waiting; whoever comes then is told to come back. */
export function createHashGate(limit: number, room: number): HashGate {
  const waiting: (() => void)[] = [];
  let running = 0;
  const requireRoom = (): void => {
    if (running < limit || waiting.length < room) return;
    throw new DockpassError('busy', 'too many logins at once; try again in a few seconds', { retryAfter: 2 });
  };
  return {
    requireRoom,
    run: async (task) => {
      requireRoom();
      if (running < limit) running++;
      else await new Promise<void>((admit) => waiting.push(admit));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
