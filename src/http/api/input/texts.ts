import { z } from 'zod';
import { parsePointInTime, pointInTimeWanted } from '../../../admin/audit/point-in-time.ts';
import { parsePatternActions, type PatternActions } from '../../../admin/rights/right-text.ts';
import { parseDuration } from '../../../config/values/duration.ts';
import { parsedText } from './parsed-text.ts';

/** A duration as on the command line. Convert it to seconds with `secondsIn`. */
export const durationSchema = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 90s, 24h, 30d or 1y')
  .meta({ description: 'A number with the unit s, m, h, d, w or y', example: '90d' });

/** Returns the seconds of a duration that `durationSchema` has validated. */
export function secondsIn(duration: string): number {
  return parseDuration(duration) ?? 0;
}

/** A point in time as on the command line: a duration before now, or a date. */
export const pointInTime = z
  .string()
  .max(50)
  .refine((text) => parsePointInTime(text, 'start', 0) !== undefined, `must be ${pointInTimeWanted}`);

/**
 * Returns the schema of rights as with the option `--only`. Convert them with `rightsIn`.
 * @param maxLength the largest length of one entry in characters
 * @param parse throws an error that says what is wrong with an entry
 */
export function onlySchema(
  maxEntries: number,
  maxLength: number,
  parse: (text: string) => unknown = parsePatternActions,
) {
  return z
    .array(parsedText(parse, maxLength))
    .min(1, 'must have at least one entry')
    .max(maxEntries)
    .meta({ description: 'Repository patterns, each with actions', example: ['team/**:pull,push'] });
}

export function rightsIn(only: readonly string[]): PatternActions[] {
  return only.map(parsePatternActions);
}
