import { hash } from 'node:crypto';
import { allMigrations } from './migrate.ts';

/** The value of one column in one row of SQLite or PostgreSQL: text, whole number, bytes or null. */
export type Cell = string | number | bigint | Uint8Array | null;
/** The cells of one row, in the order of the table's columns. */
export type Row = readonly Cell[];

export interface Table {
  readonly name: string;
  /** The names of the columns, sorted, because the two databases may store the columns in different orders. */
  readonly columns: readonly string[];
  /** The names of the columns of the primary key. */
  readonly key: readonly string[];
  /** The names of those columns of the primary key that contain text. */
  readonly text: readonly string[];
}

/**
 * One of the two databases of `dockpass move-store`: the source or the target. Until `close` is called, no other
 * process can write to the database.
 */
export interface TableCopy {
  /** Returns the tables, sorted so that each table comes after the tables to which its foreign keys refer. */
  tables(): Promise<readonly Table[]>;
  /** Reads all rows of a table in batches, in the order of the primary key. Text in the key is sorted by its bytes. */
  rows(table: Table): AsyncIterable<readonly Row[]>;
  /**
   * Removes the rows of all tables and then calls `fill`, which inserts new rows by calling `write`. Removal and
   * insertion are one transaction: if a step fails, no table is changed.
   */
  replace(
    fill: (write: (table: Table, rows: readonly Row[]) => Promise<void>) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

export interface TableDigest {
  readonly rows: number;
  /** The SHA-256 hash of the table name, the column names and all cells, in hexadecimal. */
  readonly digest: string;
}

/**
 * The tables that `dockpass move-store` does not copy. They record which migrations were applied to their own database,
 * so each database needs its own content.
 */
const ownBusiness: ReadonlySet<string> = new Set(['migrations', 'schema_compatibility']);

/**
 * Returns the names of the tables in the order in which the migrations create them. The foreign keys of a table refer
 * only to tables that come earlier in this order.
 */
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
    // Rows are hashed one by one, so that the digest does not depend on the size of the batches.
    for (const row of batch) digest = hash('sha256', digest + JSON.stringify(row.map(canonical)), 'hex');
  }
  return { rows, digest };
}

/**
 * Converts a cell to text, or null to null. The drivers of SQLite and PostgreSQL may return the same value with
 * different types; its text is the same for both drivers.
 */
function canonical(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  return typeof cell === 'object' ? `\0${Buffer.from(cell).toString('base64')}` : `\0${cell}`;
}
