import type { Clock } from '../clock.ts';
import type { CronExpression } from './cron-expression.ts';
import { nextTime } from './next-time.ts';

export interface Job {
  readonly name: string;
  /** Returns when the job runs. It is asked again regularly, so that a changed setting takes effect. Undefined: never. */
  at(): CronExpression | undefined;
  /** @param signal aborted when the schedule stops. The schedule then waits for the job */
  run(signal: AbortSignal): Promise<void>;
}

export interface ScheduleReports {
  /** A job has failed. It runs again at its next time. */
  onFailure(job: Job, error: unknown): void;
  /** A job was due, but does not run. `why` is a sentence without a full stop. */
  onSkip(job: Job, why: string): void;
}

/**
 * The longest time between two looks at the clock, in milliseconds. If someone sets the clock, jobs still run within
 * this time.
 */
const lookEveryMs = 30_000;
/** A job that is late by more than this many milliseconds is skipped: the machine slept, or the clock was set. */
const longestDelayMs = 60 * 60 * 1000;
/** If the clock is set back by less than this many milliseconds, a job that has run does not run again. */
const smallStepBackMs = 3 * 60 * 60 * 1000;

/** Ends when the last job that was due in this process has ended. Schedules share it, so that no two jobs run at once. */
let lastTurn: Promise<void> = Promise.resolve();

interface JobState {
  readonly job: Job;
  text: string | undefined;
  dueAt: number;
  /** The time for which the job ran last. */
  lastDueAt: number;
  isRunning: boolean;
}

/**
 * Runs jobs at their times. Two jobs of one process never run at once, also if they belong to different schedules: a job
 * that is due waits until the other one has ended. If a job is due while its last run has not ended, it is skipped. The
 * timers do not keep the process alive.
 *
 * Import this file late: it loads a library that most commands do not need.
 * @returns a function that stops the schedule, and waits for a job that is running
 */
export function startSchedule(
  jobs: readonly Job[],
  clock: Clock,
  { onFailure, onSkip }: ScheduleReports,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const states = jobs.map((job): JobState => ({
    job,
    text: undefined,
    dueAt: Infinity,
    lastDueAt: -Infinity,
    isRunning: false,
  }));
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastLookAt = clock();

  const begin = (state: JobState): void => {
    const { job } = state;
    if (state.isRunning) return onSkip(job, 'its last run has not ended');
    state.isRunning = true;
    lastTurn = lastTurn.then(async () => {
      if (!signal.aborted) await (running = run(job));
      state.isRunning = false;
    });
  };
  /** Does not reject, so that other jobs run. */
  const run = async (job: Job): Promise<void> => {
    try {
      await job.run(signal);
    } catch (error) {
      if (!signal.aborted) onFailure(job, error);
    }
  };
  const plan = (state: JobState, at: CronExpression | undefined, now: number): void => {
    const { lastDueAt } = state;
    const hasJustRun = lastDueAt > now && lastDueAt - now < smallStepBackMs;
    state.text = at?.text;
    state.dueAt = at === undefined ? Infinity : nextTime(at, hasJustRun ? lastDueAt : now);
  };
  const look = (): void => {
    const now = clock();
    for (const state of states) {
      const at = state.job.at();
      if (at?.text !== state.text || now < lastLookAt) plan(state, at, now);
      if (now < state.dueAt) continue;
      state.lastDueAt = state.dueAt;
      if (now - state.dueAt <= longestDelayMs) begin(state);
      else onSkip(state.job, `its time ${new Date(state.dueAt).toISOString()} has passed`);
      plan(state, at, now);
    }
    lastLookAt = now;
    const nextAt = Math.min(...states.map(({ dueAt }) => dueAt));
    // A timer may fire a little early, so it never waits for less than a millisecond.
    timer = setTimeout(look, Math.max(1, Math.min(lookEveryMs, nextAt - now))).unref();
  };
  look();
  return async () => {
    clearTimeout(timer);
    stopping.abort();
    await running;
  };
}
