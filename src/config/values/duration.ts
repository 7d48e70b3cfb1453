const secondsPerUnit = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 } as const;

/** Reads `90s`, `5m`, `1h`, `30d` into seconds. Undefined where the text is none of these. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d{1,9})([smhd])$/.exec(text);
  if (parts?.[1] === undefined) return undefined;
  return Number(parts[1]) * secondsPerUnit[parts[2] as keyof typeof secondsPerUnit];
}
