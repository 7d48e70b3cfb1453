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

/** Rows at a time: PostgreSQL takes 65,535 parameters to a statement. */
const someRows = 500;

/**
 * The database at `url`, brought up to date where it has to be. Nobody else writes to it until it is closed.
 * @throws DockpassError `database_busy` while a server or a command is connected; `database`
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
      await requireNobodyElse(client);
      await client.query('begin');
      const all = tablesOfMigrations().map(quoted).join(', ');
      await client.query("set local lock_timeout = '5s'");
      await client.query(`lock table ${all} in exclusive mode`);
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
        for (const name of tablesOfMigrations().reverse()) await client.query(`delete from ${quoted(name)}`);
        await fill((table, rows) => insert(client, table, rows));
        // The locks go with the transaction; what follows only reads.
        await client.query('commit');
        await client.query('begin');
      }),
    close: async () => {
      await client.query('commit').catch(() => {});
      await client.end();
    },
  };
}

async function* rowsOf(client: pg.Client, table: Table): AsyncIterable<readonly Row[]> {
  const order = table.key.map((column) => `${quoted(column)}${collation(column, table)}`).join(', ');
  const columns = table.columns.map(quoted).join(', ');
  await client.query(
    `declare moving no scroll cursor for select ${columns} from ${quoted(table.name)} order by ${order}`,
  );
  try {
    for (;;) {
      const some = { text: `fetch ${someRows} from moving`, rowMode: 'array' as const };
      const { rows } = await client.query<Cell[]>(some);
      yield rows;
      if (rows.length < someRows) return;
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

/** By bytes, as SQLite orders; the database's own collation may be any. */
function collation(column: string, { text }: Table): string {
  return text.includes(column) ? ' collate "C"' : '';
}

async function tableOf(client: pg.Client, name: string): Promise<Table> {
  const { rows } = await client.query<{ column: string; text: boolean; key: number | null }>(
    `select attname as column, atttypid = 'text'::regtype as text, array_position(indkey::int2[], attnum) as key
       from pg_attribute left join pg_index on indrelid = attrelid and indisprimary
      where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
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

/** Servers keep a connection open that listens. */
async function requireNobodyElse(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ others: number }>(
    `select count(*) as others from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name like 'dockpass %'`,
  );
  const others = rows[0]?.others ?? 0;
  if (others === 0) return;
  throw new DockpassError(
    'database_busy',
    `the PostgreSQL database is in use by dockpass (${others} connections): stop its servers first, because what they write later would be lost`,
  );
}

async function requireNoNewer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number }>('select number from migrations');
  if (unknownMigrations(new Set(rows.map(({ number }) => number))).length === 0) return;
  throw new DockpassError('database', 'the database has tables of a newer dockpass: move it with that');
}

function quoted(name: string): string {
  return `"${name}"`;
}
