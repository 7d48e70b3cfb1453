import { closeSync, openSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';

/** A started component that the supervisor must stop at the end. */
export interface Task {
  readonly name: string;
  /** Resolves with an error if the task ends before `stop` is called. Undefined if the task cannot end on its own. */
  readonly exited?: Promise<DockpassError>;
  stop(): Promise<void>;
}

/**
 * The error with which `Supervisor.ended` rejects after someone requested a stop, for example with SIGTERM. This error
 * does not mean that a task failed.
 */
export class StopRequested extends Error {}

/** Runs several tasks as a unit: if one of them exits, all others are stopped. */
export interface Supervisor {
  add(task: Task): void;
  /**
   * Runs one step of the start. If a task exits or a stop is requested before the step is done, the returned promise
   * rejects with the same error as `ended`. The `signal` that the step received is then aborted, so that the step can
   * stop waiting or retrying. Otherwise, the step would keep the process alive.
   */
  run<Result>(step: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Never resolves. Rejects with {@link StopRequested}, or with the error of the first task that exited. */
  readonly ended: Promise<never>;
  /**
   * Stops all tasks one after the other, in the reverse order of their start. If a task cannot be stopped, the
   * remaining tasks are still stopped, and then this method throws the first error.
   */
  stop(): Promise<void>;
}

/**
 * Creates a supervisor. If the process receives SIGTERM or SIGINT, or if its terminal is closed, the promise `ended`
 * rejects with {@link StopRequested}. The supervisor handles these signals until its method `stop` has finished.
 */
export function createSupervisor(): Supervisor {
  const tasks: Task[] = [];
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  const over = new AbortController();
  // If `ended` rejects, abort the signal that `run` passes to `step`. Without this handler, Node would also report an
  // unhandled rejection if `ended` rejects before any other code waits for it.
  ended.catch(() => over.abort());
  const requestStop = (): void => end(new StopRequested());
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, requestStop);
  // SIGHUP has two meanings. A service manager sends SIGHUP to make dockpass read its files again. The kernel sends
  // SIGHUP when the terminal is closed. dockpass must stop only if the terminal was closed.
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
      // Remove the signal handlers only after all tasks have stopped. Without the handlers, a second Ctrl-C would end
      // the process and cut off open requests.
      for (const task of tasks.splice(0).reverse())
        await task.stop().catch((error: unknown) => errors.push(error));
      for (const signal of signals) process.off(signal, requestStop);
      process.off('SIGHUP', stopWithTerminal);
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** Returns whether this process has a controlling terminal. Without one, /dev/tty cannot be opened (tty(4)). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
