const secondsPerUnit = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 } as const;

/** Parses `90s`, `5m`, `1h` or `30d` into seconds. Returns undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d{1,9})([smhd])$/.exec(text);
  if (parts?.[1] === undefined) return undefined;
  return Number(parts[1]) * secondsPerUnit[parts[2] as keyof typeof secondsPerUnit];
}
