const seconds = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** Formats a time of the current year to the second, with its zone: `29 Nov, 15:04:05 CET`. */
export function formatSeconds(time: string): string {
  return seconds.format(new Date(time));
}
