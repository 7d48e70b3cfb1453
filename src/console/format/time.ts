const steps: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** Formats the distance between two times: `3 days ago`, `in 2 hours`, `just now`. Times in milliseconds. */
export function formatRelative(at: number, now: number): string {
  const seconds = (at - now) / 1000;
  for (const [unit, length] of steps) {
    const count = Math.trunc(seconds / length);
    if (count !== 0) return relative.format(count, unit);
  }
  return Math.abs(seconds) < 10 ? 'just now' : relative.format(Math.trunc(seconds), 'second');
}

/**
 * Formats a time with its zone: `2026-11-29 15:04:05 UTC+01:00`. Every time on a page is written this way, so that it
 * can be compared with a log.
 * @param at milliseconds since the epoch
 * @param timeZone the zone of the browser by default
 */
export function formatTime(at: number, timeZone?: string): string {
  const parts = new Map(
    new Intl.DateTimeFormat('en-CA', {
      ...{
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      },
      ...{ hourCycle: 'h23', timeZoneName: 'longOffset', timeZone },
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const get = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  const zone = get('timeZoneName').replace('GMT', 'UTC').replace('+00:00', '');
  return `${get('year')}-${get('month')}-${get('day')} ${get('hour')}:${get('minute')}:${get('second')} ${zone}`;
}
