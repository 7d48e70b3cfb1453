import { hash } from 'node:crypto';
import { allMigrations } from './migrate.ts';

/** A cell as both databases know it: text, whole numbers, bytes, null. */
export type Cell = string | number | bigint | Uint8Array | null;
/** The cells in the order of the table's columns. */
export type Row = readonly Cell[];

export interface Table {
  readonly name: string;
  /** In the order of their names: databases may keep them in different ones. */
  readonly columns: readonly string[];
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** Those of them that hold text. */
  readonly text: readonly string[];
}

/** One side of a move: tables with rows, whatever they mean. Nobody else writes to it until it is closed. */
export interface TableCopy {
  /** Those that refer to others come after these. */
  tables(): Promise<readonly Table[]>;
  /** All rows of a table, some at a time, in the order of its primary key, text by its bytes. */
  rows(table: Table): AsyncIterable<readonly Row[]>;
  /** Empties all tables and fills them, or does nothing. `fill` is given what writes rows. */
  replace(
    fill: (write: (table: Table, rows: readonly Row[]) => Promise<void>) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

export interface TableDigest {
  readonly rows: number;
  /** SHA-256 over every cell, hexadecimal. */
  readonly digest: string;
}

/** What says which migrations there are is the business of each database. */
const ownBusiness: ReadonlySet<string> = new Set(['migrations', 'schema_compatibility']);

/** The tables that the migrations make, as they come: a table refers to earlier ones alone. */
export function tablesOfMigrations(): string[] {
  return allMigrations()
    .flatMap(({ sql }) => [...sql.matchAll(/^create table (\w+)/gim)].map(([, name = '']) => name))
    .filter((name) => !ownBusiness.has(name));
}

export async function digestOf(copy: TableCopy, table: Table): Promise<TableDigest> {
  let rows = 0;
  let digest = hash('sha256', JSON.stringify([table.name, table.columns]), 'hex');
  for await (const some of copy.rows(table)) {
    rows += some.length;
    // A chain over groups would differ with their sizes: a row at a time.
    for (const row of some) digest = hash('sha256', digest + JSON.stringify(row.map(plain)), 'hex');
  }
  return { rows, digest };
}

/** The same text for the same value, whichever driver gave it. */
function plain(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  return typeof cell === 'object' ? `\0${Buffer.from(cell).toString('base64')}` : `\0${cell}`;
}
