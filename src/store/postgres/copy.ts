import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DockpassError } from '../../errors.ts';
import { explainPostgresError } from './explain-error.ts';
import { unknownMigrations } from '../migration/migrate.ts';
import { migratePostgres } from './schema.ts';
import { postgresServers } from './servers.ts';
import { parsePostgresUrl } from './url.ts';
import {
  tablesOfMigrations,
  type Cell,
  type Row,
  type Table,
  type TableCopy,
} from '../migration/table-copy.ts';

/**
 * The number of rows in one batch. One statement inserts a whole batch and has a parameter for each cell, and
 * PostgreSQL accepts at most 65,535 parameters in a statement.
 */
const batchSize = 500;

/**
 * Opens the database at `url` and updates its schema if needed. Until `close` is called on the result, no other process
 * can write to the database.
 * @throws DockpassError `database_busy` if a server or a command is connected to the database; `database` for other
 *   errors
 */
export async function copyPostgres(url: string): Promise<TableCopy> {
  const target = parsePostgresUrl(url);
  const client = await postgresServers(target, `dockpass move-store ${randomUUID()}`).connect();
  const { user, password, database, servers } = target;
  const explaining = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw explainPostgresError(error, { server: servers[0], user, password, database });
    }
  };
  try {
    await explaining(async () => {
      await migratePostgres(client);
      await requireNoConnections(client);
      await client.query('begin');
      await lockTables(client);
      await requireNoNewer(client);
    });
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return {
    tables: () =>
      explaining(async () => {
        const tables: Table[] = [];
        for (const name of tablesOfMigrations()) tables.push(await tableOf(client, name));
        return tables;
      }),
    rows: (table) => rowsOf(client, table),
    replace: (fill) =>
      explaining(async () => {
        try {
          for (const name of tablesOfMigrations().reverse())
            await client.query(`delete from ${quoted(name)}`);
          await fill((table, rows) => insert(client, table, rows));
          await client.query('commit');
        } catch (error) {
          await client.query('rollback').catch(() => {});
          throw error;
        }
        // The commit has released the locks. Lock the tables a second time, so that no other process can change them
        // before they are compared with the source.
        await client.query('begin');
        await lockTables(client);
      }),
    close: async () => {
      await client.query('commit').catch(() => {});
      await client.end();
    },
  };
}

/** Prevents other connections from writing to the tables until the current transaction ends. */
async function lockTables(client: pg.Client): Promise<void> {
  await client.query("set local lock_timeout = '5s'");
  await client.query(`lock table ${tablesOfMigrations().map(quoted).join(', ')} in exclusive mode`);
}

async function* rowsOf(client: pg.Client, table: Table): AsyncIterable<readonly Row[]> {
  const order = table.key.map((column) => `${quoted(column)}${collation(column, table)}`).join(', ');
  const columns = table.columns.map(quoted).join(', ');
  await client.query(
    `declare moving no scroll cursor for select ${columns} from ${quoted(table.name)} order by ${order}`,
  );
  try {
    for (;;) {
      const batch = { text: `fetch ${batchSize} from moving`, rowMode: 'array' as const };
      const { rows } = await client.query<Cell[]>(batch);
      yield rows;
      if (rows.length < batchSize) return;
    }
  } finally {
    await client.query('close moving');
  }
}

async function insert(client: pg.Client, table: Table, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const width = table.columns.length;
  const marks = rows.map(
    (_, row) => `(${table.columns.map((_, column) => `$${row * width + column + 1}`).join(', ')})`,
  );
  const columns = table.columns.map(quoted).join(', ');
  await client.query(
    `insert into ${quoted(table.name)} (${columns}) values ${marks.join(', ')}`,
    rows.flat(),
  );
}

/**
 * Returns the SQL that makes PostgreSQL sort a text column by its bytes, as SQLite does. Without this SQL, PostgreSQL
 * would use the collation of the database, which may sort in another order.
 */
function collation(column: string, { text }: Table): string {
  return text.includes(column) ? ' collate pg_catalog."C"' : '';
}

async function tableOf(client: pg.Client, name: string): Promise<Table> {
  const { rows } = await client.query<{ column: string; text: boolean; key: number | null }>(
    `select attname as column, atttypid = 'pg_catalog.text'::pg_catalog.regtype as text,
            pg_catalog.array_position(indkey::pg_catalog.int2[], attnum) as key
       from pg_catalog.pg_attribute left join pg_catalog.pg_index on indrelid = attrelid and indisprimary
      where attrelid = $1::pg_catalog.regclass and attnum > 0 and not attisdropped`,
    [quoted(name)],
  );
  const key = rows.filter((row) => row.key !== null).sort((one, other) => (one.key ?? 0) - (other.key ?? 0));
  return {
    name,
    columns: rows.map(({ column }) => column).sort(),
    key: key.map(({ column }) => column),
    text: key.filter(({ text }) => text).map(({ column }) => column),
  };
}

/**
 * Throws an error if another dockpass process is connected to the database. A running server is always connected,
 * because it listens for changes. PostgreSQL shows a connection for a moment after its process has ended, so this
 * function waits for two seconds until the connections are gone.
 */
async function requireNoConnections(client: pg.Client): Promise<void> {
  let connections = await countConnections(client);
  for (let attempt = 0; connections > 0 && attempt < 40; attempt++) {
    await wait(50);
    connections = await countConnections(client);
  }
  if (connections === 0) return;
  throw new DockpassError(
    'database_busy',
    `the PostgreSQL database is in use by dockpass (${connections} connections). Stop all dockpass servers first, because data that they write during or after the move would be lost.`,
  );
}

async function countConnections(client: pg.Client): Promise<number> {
  // Within a transaction, PostgreSQL answers each query for the connections like the first one. After this call, it
  // reads the connections again.
  await client.query('select pg_catalog.pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ connections: number }>(
    `select pg_catalog.count(*) as connections from pg_catalog.pg_stat_activity
      where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid()
        and pg_catalog.starts_with(application_name, 'dockpass ')`,
  );
  return rows[0]?.connections ?? 0;
}

async function requireNoNewer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number }>('select number from migrations');
  if (unknownMigrations(new Set(rows.map(({ number }) => number))).length === 0) return;
  throw new DockpassError(
    'database',
    'the database has tables of a newer version of dockpass. Run dockpass move-store with the newer version.',
  );
}

function quoted(name: string): string {
  return `"${name}"`;
}
