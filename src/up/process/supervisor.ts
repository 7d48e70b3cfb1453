import { closeSync, openSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';

/** Something that was started and must be stopped. */
export interface Task {
  readonly name: string;
  /** Resolves if the task ends although no one called `stop`. Undefined if the task cannot end on its own. */
  readonly exited?: Promise<DockpassError>;
  stop(): Promise<void>;
}

/** The reason why the supervisor ends if a person or program asked for it: not an error. */
export class StopRequested extends Error {}

/** Runs several tasks as a unit: if one of them exits, all others are stopped. */
export interface Supervisor {
  add(task: Task): void;
  /**
   * Runs a step of the start. Rejects like `ended` if a task exits, or a stop is requested, before the step is done.
   * The signal then aborts, so that a step that waits or retries does not keep the process alive.
   */
  run<Result>(step: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Never resolves. Rejects with {@link StopRequested}, or with the error of the first task that exited. */
  readonly ended: Promise<never>;
  /**
   * Stops all tasks in the reverse order of their start. Each task has ended before the next one is stopped. A task
   * that cannot be stopped does not spare the others: its error is thrown after all have been stopped.
   */
  stop(): Promise<void>;
}

/** Listens for SIGTERM, SIGINT and the end of the terminal from now on, until `stop` has finished. */
export function createSupervisor(): Supervisor {
  const tasks: Task[] = [];
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  const over = new AbortController();
  // This listener also prevents an unhandled rejection if the end comes before anything else waits for `ended`.
  ended.catch(() => over.abort());
  const requestStop = (): void => end(new StopRequested());
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, requestStop);
  // SIGHUP has two meanings. A service manager sends it to have files read again. The kernel sends it when the terminal
  // is closed; only then should dockpass stop.
  const hadTerminal = hasTerminal();
  const stopWithTerminal = (): void => {
    if (hadTerminal && !hasTerminal()) requestStop();
  };
  process.on('SIGHUP', stopWithTerminal);
  return {
    ended,
    run: (step) => Promise.race([step(over.signal), ended]),
    add: (task) => {
      tasks.push(task);
      void task.exited?.then(end);
    },
    stop: async () => {
      const errors: unknown[] = [];
      // The signal handlers stay until the end: a second Ctrl-C must not cut off open requests.
      for (const task of tasks.splice(0).reverse())
        await task.stop().catch((error: unknown) => errors.push(error));
      for (const signal of signals) process.off(signal, requestStop);
      process.off('SIGHUP', stopWithTerminal);
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** Whether the session of this process has a controlling terminal: only then can /dev/tty be opened (tty(4)). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
