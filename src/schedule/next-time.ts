import { Cron } from 'croner';
import type { CronExpression } from './cron-expression.ts';

/**
 * Returns the first time after `after` at which the expression is due, in milliseconds since the epoch. A time that does
 * not exist, because the clocks go forward, is due at the first time after the gap. A single time of day that exists
 * twice is due once.
 */
export function nextTime({ fields }: CronExpression, after: number): number {
  const next = new Cron(fields, { mode: '5-part', paused: true }).nextRun(new Date(after));
  // `parseCron` rejects expressions that are never due. croner searches some years ahead.
  if (next === null) throw new RangeError(`the cron expression ${fields} has no next time`);
  return next.getTime();
}
