import type { AuditLog } from '../../store/store.ts';
import { viewEvent, type EventView } from './event-view.ts';
import { newestFirst } from './read-events.ts';
import type { AuditSelection } from './select-events.ts';

/** `csv`: RFC 4180 with a header line. `jsonl`: one JSON object in each line. */
export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const columns = [
  'time',
  'id',
  'outcome',
  'name',
  'address',
  'client',
  'host',
  'realm',
  'asked',
  'granted',
  'reason',
  'tokenId',
  'times',
  'chain',
  'seq',
] as const satisfies readonly (keyof EventView)[];

/**
 * Exports the events of a selection as text, newest first. The text comes in pieces, so that the memory that is needed
 * does not depend on the size of the log.
 * @param signal ends the export early, for example if the client has disconnected
 */
export async function* exportEvents(
  auditLog: AuditLog,
  selection: AuditSelection,
  format: ExportFormat,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${columns.join(',')}\r\n`;
  for await (const { rows } of newestFirst(auditLog, selection, signal)) {
    if (rows.length === 0) continue;
    const views = rows.map(viewEvent);
    yield format === 'csv'
      ? views.map(toCsvLine).join('')
      : views.map((view) => `${JSON.stringify(view)}\n`).join('');
  }
}

function toCsvLine(view: EventView): string {
  return `${columns.map((column) => toCsvField(view[column])).join(',')}\r\n`;
}

/**
 * Formats a field of a CSV file (RFC 4180). A spreadsheet reads a text that begins with `=`, `+`, `-` or `@` as a
 * formula, also after spaces and in the full-width form. Clients choose some of the texts, for example the User-Agent,
 * so such a text gets an apostrophe in front, which makes a spreadsheet show it as text. Control characters could start
 * a new field in programs that do not follow the RFC, so they are escaped.
 */
export function toCsvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = value.replaceAll(
    /[\0-\x1f\x7f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  const text = /^\s*[=+\-@＝＋－＠]/.test(safe) ? `'${safe}` : safe;
  return /[",;\s']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
