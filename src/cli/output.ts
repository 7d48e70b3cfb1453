import { styleText } from 'node:util';

/**
 * Prints a table: a header line, then one line for each row. Prints control characters as `?`, because some cells
 * contain text that clients sent, and such text must not be able to move the cursor of the terminal.
 */
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
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  if (rows.length === 0) return;
  print(line(columns.map((column) => column.toUpperCase())));
  for (const row of rows) print(line(columns.map((column) => row[column] ?? '')));
}

function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** Prints a value as indented JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Prints one line to stdout. Use this function for the result of a command. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one line to stderr. Use this function for messages that are not part of the result of a command. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Returns the prefix of every error message, `dockpass:`. The prefix is red if stderr is a terminal. */
export function errorPrefix(): string {
  return styleText('red', 'dockpass:', { stream: process.stderr });
}

/** Formats a time in UTC, such as `2026-11-22T10:00:00Z`. `seconds` is the number of seconds since the Unix epoch. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
