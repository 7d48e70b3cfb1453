import { parseDuration } from '../../config/values/duration.ts';

const isoDate = /^\d{4}-\d{2}-\d{2}$/;
/** A date with a time. The seconds and the time zone can be left out. */
const isoTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:\d{2})?$/i;
const dayMs = 24 * 60 * 60 * 1000;

/** What a point in time can look like, for error messages. */
export const pointInTimeWanted =
  'a duration such as 90s, 15m, 1h, 30d, 2w or 1y, or a date such as 2026-11-29 or 2026-11-29T08:00:00Z';

/**
 * Parses a point in time: a duration before now, such as `30d`, or an ISO 8601 date, with or without a time. A date
 * without a time zone is in UTC, like all times that dockpass prints.
 * @param edge which end of the day a date without a time means
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch; undefined if the text is not a point in time
 */
export function parsePointInTime(text: string, edge: 'start' | 'end', now: number): number | undefined {
  const seconds = parseDuration(text);
  return seconds === undefined ? parseIso(text, edge) : now - seconds * 1000;
}

function parseIso(text: string, edge: 'start' | 'end'): number | undefined {
  if (isoDate.test(text)) {
    const start = validDate(`${text}T00:00:00Z`, text);
    return start === undefined || edge === 'start' ? start : start + dayMs - 1;
  }
  const parts = isoTime.exec(text);
  if (parts === null) return undefined;
  return validDate(`${text.replace(' ', 'T')}${parts.groups?.['zone'] === undefined ? 'Z' : ''}`, text);
}

/** Returns undefined for a date that does not exist, such as 2026-02-30, which JavaScript reads as 2026-03-02. */
function validDate(iso: string, text: string): number | undefined {
  const at = Date.parse(iso.toUpperCase());
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const exists = !Number.isNaN(day) && new Date(day).toISOString().startsWith(text.slice(0, 10));
  return exists && !Number.isNaN(at) ? at : undefined;
}
