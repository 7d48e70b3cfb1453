import { parseDuration } from '../../config/values/duration.ts';
import { DockpassError } from '../../errors.ts';

/**
 * Parses the value of an option that takes a duration, such as `--expires 90d`.
 * @returns the duration in seconds
 * @throws DockpassError `bad_usage`
 */
export function readDuration(option: string, text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new DockpassError(
    'bad_usage',
    `${option} must be a duration such as 24h or 90d, not ${JSON.stringify(text)}`,
  );
}
