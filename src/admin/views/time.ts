/** Formats a time in UTC, such as `2026-11-22T10:00:00Z`. `seconds` is the number of seconds since the Unix epoch. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
