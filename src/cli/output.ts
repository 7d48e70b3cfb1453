/** A list for people: a line each, columns under their names. What a client called itself moves no cursor. */
export function printTable(table: readonly Readonly<Record<string, string>>[]): void {
  const rows = table.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, printable(cell)])),
  );
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  if (rows.length === 0) return;
  print(line(columns.map((column) => column.toUpperCase())));
  for (const row of rows) print(line(columns.map((column) => row[column] ?? '')));
}

function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** A list for programs. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** What was asked for: stdout. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** All other words: stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `2026-11-22T10:00:00Z` from seconds since the epoch. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
