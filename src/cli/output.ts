import { styleText } from 'node:util';

/**
 * Prints a table: a header line, then one line for each row. Prints control characters as `?`, because some cells
 * contain text that clients sent, and such text must not be able to move the cursor of the terminal.
 * @param empty the message on stderr if the table has no rows. Without a message, a person could think that the command
 *   is still running.
 */
export function printTable(
  table: readonly Readonly<Record<string, string>>[],
  empty = 'the list is empty',
): void {
  if (table.length === 0) {
    say(empty);
    return;
  }
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
  print(line(columns.map((column) => column.toUpperCase())));
  for (const row of rows) print(line(columns.map((column) => row[column] ?? '')));
}

function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/**
 * Escapes control characters, and characters that change the direction of text or are invisible, as `\u001b`. Line
 * feeds and tabs stay. Texts from clients, registries and files must not be able to move the cursor of a terminal or to
 * change how other text looks. JSON keeps its meaning, because such characters are only in its strings.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : Array.from(
          { length: character.length },
          (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  );
}

/** Prints a value as indented JSON. */
export function printJson(value: unknown): void {
  print(toPrintableJson(value, 2));
}

/**
 * Converts a value to JSON that is safe to print on a terminal: characters that a terminal could interpret or hide,
 * such as C1 control characters and bidirectional controls, are written as JSON escape sequences. A program that parses
 * the JSON reads the same value.
 */
export function toPrintableJson(value: unknown, indent?: number): string {
  // JSON.stringify has already escaped the control characters up to U+001F. The only control characters of this range
  // in its result are the line breaks of the indentation.
  return JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from({ length: character.length }, (_, index) =>
        character.charCodeAt(index).toString(16).padStart(4, '0'),
      )
        .map((code) => `\\u${code}`)
        .join(''),
  );
}

/** Prints one line to stdout, and escapes control characters. Use this function for the result of a command. */
export function print(line: string): void {
  process.stdout.write(`${escapeControls(line)}\n`);
}

/**
 * Prints one line to stderr, and escapes control characters. Use this function for messages that are not part of the
 * result of a command.
 */
export function say(line: string): void {
  process.stderr.write(`${escapeControls(line)}\n`);
}

/** Prints one line of an error message to stderr, with the prefix of error messages. */
export function sayError(line: string): void {
  process.stderr.write(`${errorPrefix()} ${escapeControls(line)}\n`);
}

/** Returns the prefix of every error message, `dockpass:`. The prefix is red if stderr is a terminal. */
export function errorPrefix(): string {
  return styleText('red', 'dockpass:', { stream: process.stderr });
}

export { formatTime } from '../admin/views/time.ts';
