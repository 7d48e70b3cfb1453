const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/**
 * Formats a number of bytes in decimal units with three significant digits, as docker does: `12.3 MB`.
 * @param bytes a whole number, at least 0
 */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to 1000, so it belongs to the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[unit] ?? ''}`;
}
