import { hash } from 'node:crypto';
import { allMigrations } from './migrate.ts';

/** A cell of either database: text, whole number, bytes or null. */
export type Cell = string | number | bigint | Uint8Array | null;
/** The cells in the order of the table's columns. */
export type Row = readonly Cell[];

export interface Table {
  readonly name: string;
  /** Sorted by name, because the databases may store columns in different orders. */
  readonly columns: readonly string[];
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** The columns of the primary key that contain text. */
  readonly text: readonly string[];
}

/** One side of a move: tables with rows. Until it is closed, no other process writes to it. */
export interface TableCopy {
  /** A table comes after the tables that it refers to. */
  tables(): Promise<readonly Table[]>;
  /** Reads all rows of a table in batches, in the order of the primary key. Text is sorted by its bytes. */
  rows(table: Table): AsyncIterable<readonly Row[]>;
  /** Empties all tables and fills them, or changes nothing. `fill` receives the function that writes rows. */
  replace(
    fill: (write: (table: Table, rows: readonly Row[]) => Promise<void>) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

export interface TableDigest {
  readonly rows: number;
  /** SHA-256 of all cells, hexadecimal. */
  readonly digest: string;
}

/** Each database records its own migrations, so these tables are not copied. */
const ownBusiness: ReadonlySet<string> = new Set(['migrations', 'schema_compatibility']);

/** Returns the tables that the migrations create, in that order. A table refers only to earlier ones. */
export function tablesOfMigrations(): string[] {
  return allMigrations()
    .flatMap(({ sql }) => [...sql.matchAll(/^create table (\w+)/gim)].map(([, name = '']) => name))
    .filter((name) => !ownBusiness.has(name));
}

export async function digestOf(copy: TableCopy, table: Table): Promise<TableDigest> {
  let rows = 0;
  let digest = hash('sha256', JSON.stringify([table.name, table.columns]), 'hex');
  for await (const batch of copy.rows(table)) {
    rows += batch.length;
    // Each row is hashed alone, because the size of the batches must not change the digest.
    for (const row of batch) digest = hash('sha256', digest + JSON.stringify(row.map(canonical)), 'hex');
  }
  return { rows, digest };
}

/** Returns the same text for the same value, whichever driver read it. */
function canonical(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  return typeof cell === 'object' ? `\0${Buffer.from(cell).toString('base64')}` : `\0${cell}`;
}
