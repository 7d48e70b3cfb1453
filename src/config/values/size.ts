const bytesPerUnit = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** Parses `500MiB`, `4GiB` or a number of bytes into a number of bytes. Returns undefined for any other text. */
export function parseSize(text: string): number | undefined {
  const parts = /^(\d{1,15})([KMGT]iB)?$/.exec(text);
  if (parts?.[1] === undefined) return undefined;
  const unit = parts[2] === undefined ? 1 : bytesPerUnit[parts[2] as keyof typeof bytesPerUnit];
  return Number(parts[1]) * unit;
}

/** Formats a number of bytes as a size, with the largest unit that needs no fraction: `4GiB`, `1000`. */
export function formatSize(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const)
    if (bytes > 0 && bytes % bytesPerUnit[unit] === 0) return `${bytes / bytesPerUnit[unit]}${unit}`;
  return String(bytes);
}
