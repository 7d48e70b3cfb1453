import { z } from 'zod';
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

/**
 * Returns the schema of rights as with the option `--only`. Convert them with `rightsIn`.
 * @param maxLength the largest length of one entry in characters
 */
export function onlySchema(maxEntries: number, maxLength: number) {
  return z
    .array(parsedText(parsePatternActions, maxLength))
    .min(1, 'must have at least one entry')
    .max(maxEntries)
    .meta({ description: 'Repository patterns, each with actions', example: ['team/**:pull,push'] });
}

export function rightsIn(only: readonly string[]): PatternActions[] {
  return only.map(parsePatternActions);
}
