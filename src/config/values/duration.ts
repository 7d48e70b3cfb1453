const hour = 60 * 60;
const day = 24 * hour;
const secondsPerUnit = { s: 1, m: 60, h: hour, d: day, w: 7 * day, y: 365 * day } as const;
/**
 * The longest duration in seconds. A longer one is reduced to it, because a JavaScript date ends at the year 275760.
 */
const maxSeconds = 1000 * 365 * day;

/**
 * Parses `90s`, `5m`, `1h`, `30d`, `2w` or `1y` into seconds. A year has 365 days. Returns undefined for any other text.
 */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d{1,9})([smhdwy])$/.exec(text);
  if (parts?.[1] === undefined) return undefined;
  return Math.min(Number(parts[1]) * secondsPerUnit[parts[2] as keyof typeof secondsPerUnit], maxSeconds);
}

/** Formats a number of seconds as a duration, with the largest unit up to `d` that needs no fraction: `90s`, `30d`. */
export function formatDuration(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const)
    if (seconds > 0 && seconds % secondsPerUnit[unit] === 0)
      return `${seconds / secondsPerUnit[unit]}${unit}`;
  return `${seconds}s`;
}
