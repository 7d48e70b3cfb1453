import { CompiledQuery, PostgresAdapter, type Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/**
 * The numbers of rows in one statement. With only a few of them, there are only a few texts, which are built once and
 * which SQLite parses once. To build and parse a text for each group of rows would take longer than to write the rows.
 *
 * Databases limit the number of parameters of a statement (SQLite: 32,766), and a row of the widest table has 19.
 */
const sizes = [256, 32, 4, 1];

/** What to do with rows that exist already: those with the same key get the new values of these columns. */
export interface Replacement<Column> {
  readonly key: readonly Column[];
  readonly replaced: readonly Column[];
}

/** Inserts rows, which must all have the same members. */
export async function insertRows<Table extends keyof Tables>(
  transaction: Kysely<Tables>,
  table: Table,
  rows: readonly Tables[Table][],
  replacement?: Replacement<keyof Tables[Table] & string>,
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}) as (keyof Tables[Table] & string)[];
  const head = `insert into ${table} (${columns.join()}) values `;
  const tail =
    replacement === undefined
      ? ''
      : ` on conflict (${replacement.key.join()}) do update set ${replacement.replaced.map((column) => `${column} = excluded.${column}`).join()}`;
  const row = `(${columns.map(() => '?').join()})`;
  for (let at = 0; at < rows.length;) {
    const size = sizes.find((one) => one <= rows.length - at) as number;
    const parameters = rows.slice(at, at + size).flatMap((one) => columns.map((column) => one[column]));
    await run(transaction, head, row, size, tail, parameters);
    at += size;
  }
}

/** A query for many keys. Its text is `head`, a list of keys, and `tail`. */
export interface KeyQuery {
  readonly head: string;
  /** The types of the values of a key. */
  readonly types: readonly ('bigint' | 'bytea')[];
  readonly tail: string;
}

/**
 * Runs a query for many keys.
 * @param keys the values of each key. The query must ignore keys of which all values are null, because a list is filled
 *   up with them
 */
export async function readForKeys<Row>(
  database: Kysely<Tables>,
  { head, types, tail }: KeyQuery,
  keys: readonly (readonly unknown[])[],
): Promise<Row[]> {
  const found: Row[] = [];
  const [largest = 1] = sizes;
  // PostgreSQL cannot know the types of the values in a list. SQLite has no type bytea.
  const values = types.map((type) => (isPostgres(database) ? `cast(? as ${type})` : '?')).join();
  const key = types.length === 1 ? values : `(${values})`;
  for (let at = 0; at < keys.length; at += largest) {
    const some = keys.slice(at, at + largest);
    const size = sizes.findLast((one) => one >= some.length) ?? largest;
    const parameters = some.flat();
    while (parameters.length < size * types.length) parameters.push(null);
    found.push(...(await run<Row>(database, head, key, size, tail, parameters)));
  }
  return found;
}

/** Reads the rows that have one of these values in a column. */
export function readRows<Table extends keyof Tables>(
  database: Kysely<Tables>,
  table: Table,
  column: keyof Tables[Table] & string,
  type: 'bigint' | 'bytea',
  values: readonly unknown[],
): Promise<Tables[Table][]> {
  const query = { head: `select * from ${table} where ${column} in (`, types: [type], tail: ')' };
  return readForKeys(
    database,
    query,
    values.map((value) => [value]),
  );
}

function isPostgres(database: Kysely<Tables>): boolean {
  return database.getExecutor().adapter instanceof PostgresAdapter;
}

const texts = new Map<string, string>();

async function run<Row>(
  database: Kysely<Tables>,
  head: string,
  item: string,
  size: number,
  tail: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const name = `${isPostgres(database)} ${size} ${head}${item}${tail}`;
  let text = texts.get(name);
  if (text === undefined) {
    text = `${head}${Array<string>(size).fill(item).join()}${tail}`;
    let number = 0;
    if (isPostgres(database)) text = text.replaceAll('?', () => `$${++number}`);
    texts.set(name, text);
  }
  const { rows } = await database.executeQuery(CompiledQuery.raw(text, [...parameters]));
  return rows as Row[];
}
