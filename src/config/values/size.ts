const bytesPerUnit = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** Parses `500MiB`, `4GiB` or a number of bytes into a number of bytes. Returns undefined for any other text. */
export function parseSize(text: string): number | undefined {
  const parts = /^(\d{1,15})([KMGT]iB)?$/.exec(text);
  if (parts?.[1] === undefined) return undefined;
  const unit = parts[2] === undefined ? 1 : bytesPerUnit[parts[2] as keyof typeof bytesPerUnit];
  return Number(parts[1]) * unit;
}
