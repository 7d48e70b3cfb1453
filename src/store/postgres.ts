import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { DockpassError } from '../errors.ts';
import { explainPostgres } from './explain-postgres.ts';
import { missingMigrations } from './migrate.ts';
import { listenForChanges } from './postgres-changes.ts';
import { changeTriggers } from './postgres-triggers.ts';
import { changeWithin, sqlPorts, type Lock, type Write } from './sql-ports.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

export interface PostgresSettings {
  /** Seconds for which cached answers may be given while the database is not heard of; 0 asks it for every login. */
  readonly staleness: number;
}

/** Connections at once; more requests wait for one. A login answered from memory needs none. */
const poolSize = 8;
/** Milliseconds. */
const statementTimeout = 5000;
const connectTimeout = 3000;
/** server_version_num. The oldest that its makers still mend. */
const oldestVersion = 140_000;

/** Ours among all advisory locks of the database. */
const locks = { migration: 7_212_001, auditChain: 7_212_002, sealedKeys: 7_212_003 } as const;

/** PostgreSQL's bigint comes as text, because not every one fits a number; ours are times and counts, which do. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    id === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
};

/**
 * Opens the database at `url`, bringing its schema up to date. The mirror of sqlite.ts.
 * @throws DockpassError `database`, with one line that names the part that is wrong; nothing was made by then
 */
export async function openPostgres(url: string, settings: PostgresSettings): Promise<Store> {
  const name = `dockpass ${randomUUID()}`;
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: connectTimeout,
    application_name: name,
    types,
  };
  const pool = new pg.Pool({
    ...connection,
    max: poolSize,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + 1000,
  });
  // A connection that breaks while idle is replaced by the pool; without a listener node would end the process.
  pool.on('error', () => {});
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw explainPostgres(error, url);
  }
  const heard = await listenForChanges(() => new pg.Client(connection), name, settings.staleness);
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const quietly: Write = (statement) =>
    statement().catch((error: unknown) => {
      throw explainPostgres(error, url);
    });
  const counted: Write = async (statement) => {
    try {
      return await quietly(statement);
    } finally {
      // After a failure too: a connection that broke at the commit leaves open whether it came through.
      heard.count();
    }
  };
  const lock: Lock = async (transaction, what) => {
    await sql`select pg_advisory_xact_lock(${locks[what]})`.execute(transaction);
  };
  return {
    ...sqlPorts(kysely, { counted, quietly, lock }),
    change: (what, work) =>
      counted(() =>
        kysely.transaction().execute((transaction) => changeWithin(transaction, what, work, lock)),
      ),
    changes: heard.changes,
    close: async () => {
      await heard.close();
      await kysely.destroy();
    },
  };
}

/** In one transaction under a lock of ours, so that of several starts at once one migrates and none sees half. */
async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await requireVersion(client);
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(${locks.migration})`);
    await requireOurs(client);
    await client.query(
      'create table if not exists migrations (number bigint primary key, name text not null)',
    );
    const { rows } = await client.query<{ number: number }>('select number from migrations');
    for (const { number, name, sql } of missingMigrations(new Set(rows.map((row) => row.number)))) {
      await client.query(sql);
      await client.query('insert into migrations (number, name) values ($1, $2)', [number, name]);
    }
    await client.query(changeTriggers);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function requireVersion(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
  const version = Number(rows[0]?.server_version_num);
  if (version >= oldestVersion) return;
  throw new DockpassError(
    'database',
    `the server is PostgreSQL ${Math.floor(version / 10_000)}; dockpass needs ${oldestVersion / 10_000} or newer`,
  );
}

/** A database in which another program keeps its tables is left alone. */
async function requireOurs(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ table_name: string }>(
    `select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'`,
  );
  const names = new Set(rows.map((row) => row.table_name));
  if (names.size === 0 || (names.has('migrations') && names.has('users') && names.has('audit_events')))
    return;
  throw new DockpassError(
    'database',
    'the database belongs to another program: it has tables that are not ours. Give dockpass one of its own (createdb dockpass), or a schema of its own',
  );
}
