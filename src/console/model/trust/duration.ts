const units = { d: 'day', h: 'hour', m: 'minute', s: 'second' } as const;

/** Formats a duration such as `1h` for people: `1 hour`. Returns any other text as it is. */
export function formatDuration(text: string): string {
  const [, count = '', unit] = /^(\d+)([dhms])$/.exec(text.trim()) ?? [];
  if (unit === undefined) return text;
  return `${count} ${units[unit as keyof typeof units]}${count === '1' ? '' : 's'}`;
}
