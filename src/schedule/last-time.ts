import type { CronExpression } from './cron-expression.ts';
import { nextTime } from './next-time.ts';

/** A job that is late by more than this is skipped, so an earlier time is not searched. In milliseconds. */
const searchMs = 3 * 60 * 60 * 1000;

/**
 * Returns the last time up to `now` at which the expression was due, in milliseconds since the epoch. All servers with
 * the same time zone get the same result. If it was not due in the last hours, returns `now`.
 */
export function lastTime(expression: CronExpression, now: number): number {
  let last: number | undefined;
  for (let at = nextTime(expression, now - searchMs); at <= now; at = nextTime(expression, at)) last = at;
  return last ?? now;
}
