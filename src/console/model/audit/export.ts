/** A row of the audit log as `GET /audit` and `dockpass audit --json` print it. */
export interface AuditItem {
  readonly id: string;
  /** RFC 3339, in UTC. */
  readonly time: string;
  readonly outcome: 'issued' | 'refused' | 'changed';
  /** The user or robot; empty for a client without a login. */
  readonly name: string;
  readonly address: string;
  readonly client: string;
  readonly host: string;
  readonly realm: string;
  readonly asked: string;
  readonly granted: string;
  readonly reason: string;
  readonly tokenId: string;
  readonly times: number;
}

const columns = [
  ...(['time', 'id', 'outcome', 'name', 'address', 'client', 'host', 'realm'] as const),
  ...(['asked', 'granted', 'reason', 'tokenId', 'times'] as const),
];

/** The first line of the CSV file. Like each line, it ends with CR LF (RFC 4180). */
export const csvHeader = `${columns.join(',')}\r\n`;

/**
 * Formats rows as CSV (RFC 4180). Clients choose parts of a row, such as the user agent, and a spreadsheet runs a cell
 * that begins with `=` as a formula. So such a cell gets an apostrophe in front, as OWASP recommends.
 */
export function toCsv(rows: readonly AuditItem[]): string {
  return rows.map((row) => `${columns.map((name) => formatCell(row[name])).join(',')}\r\n`).join('');
}

function formatCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[\s\0]*[=+\-@＝＋－＠]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Formats rows as JSON lines, one object a line. */
export function toJsonLines(rows: readonly AuditItem[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
