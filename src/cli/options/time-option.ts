import { parsePointInTime, pointInTimeWanted } from '../../admin/audit/point-in-time.ts';
import { DockpassError } from '../../errors.ts';

/**
 * Parses the value of an option that takes a point in time (see `parsePointInTime`).
 * @param edge which end of the day a date without a time means
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws DockpassError `bad_usage`
 */
export function readTime(option: string, text: string, edge: 'start' | 'end', now: number): number {
  const at = parsePointInTime(text, edge, now);
  if (at !== undefined) return at;
  throw new DockpassError(
    'bad_usage',
    `${option} must be ${pointInTimeWanted}, not ${JSON.stringify(text.slice(0, 80))}`,
  );
}
