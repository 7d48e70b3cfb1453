import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DockpassError } from '../../errors.ts';
import { explainPostgresError } from './explain-error.ts';
import {
  missingMigrations,
  hasCompatibilityTable,
  schemaOf,
  schemaQueries,
  unknownMigrations,
  type Compatibility,
  type Schema,
} from '../migration/migrate.ts';
import { postgresServers } from './servers.ts';
import { changeTriggers, installedTriggers, triggersVersion } from './triggers.ts';
import { parsePostgresUrl } from './url.ts';

/** The oldest PostgreSQL version that the PostgreSQL project still maintains, in the format of server_version_num. */
const oldestVersion = 140_000;
/** The number of the advisory lock for migrations. It must differ from the numbers in open-postgres.ts. */
const migrationLock = 7_212_001;

/**
 * Brings the schema up to date in one transaction, while holding a lock. If several processes start at once, only one
 * of them migrates the schema, and no process sees a partly migrated schema. If the migration fails, nothing is
 * changed.
 * @throws DockpassError `database`; also throws errors of the database driver
 */
export async function migratePostgres(client: pg.Client): Promise<void> {
  await requireVersion(client);
  await client.query('begin');
  try {
    await client.query(`select pg_advisory_xact_lock(${migrationLock})`);
    await requireOurs(client);
    await client.query(
      'create table if not exists migrations (number bigint primary key, name text not null)',
    );
    const schema = await readSchema(client);
    for (const { number, name, sql } of missingMigrations(schema)) {
      await client.query(sql);
      await client.query('insert into migrations (number, name) values ($1, $2)', [number, name]);
    }
    // A newer version of dockpass may have migrated the database and added triggers for tables that this version does
    // not know. In this case, this version does not replace the triggers.
    if (unknownMigrations(schema.applied).length === 0) await requireTriggers(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function requireTriggers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string | null }>(installedTriggers);
  if (rows[0]?.version !== triggersVersion) await client.query(changeTriggers);
}

async function readSchema(client: pg.Client): Promise<Schema> {
  const { rows } = await client.query<{ number: number }>(schemaQueries.applied);
  const applied = rows.map(({ number }) => number);
  const compatibility = hasCompatibilityTable(applied)
    ? (await client.query<Compatibility>(schemaQueries.compatibility)).rows
    : [];
  return schemaOf(applied, compatibility);
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
  const version = Number(rows[0]?.server_version_num);
  if (version >= oldestVersion) return;
  throw new DockpassError(
    'database',
    `the server is PostgreSQL ${Math.floor(version / 10_000)}, but dockpass needs ${oldestVersion / 10_000} or newer. Upgrade the server.`,
  );
}

/** Throws an error if the database contains tables of another program, so that dockpass does not change them. */
async function requireOurs(client: pg.Client): Promise<void> {
  // The query does not use information_schema, because information_schema hides tables on which the database role of
  // dockpass has no rights.
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')",
  );
  const names = new Set(rows.map(({ name }) => name));
  if (names.size === 0 || (names.has('migrations') && names.has('users') && names.has('audit_events')))
    return;
  throw new DockpassError(
    'database',
    'the database has tables of another program. Give dockpass its own database (createdb dockpass) or its own schema.',
  );
}

/**
 * Returns true if the database at `url` has the tables of dockpass. Does not change the database.
 * @throws DockpassError `database` if an older version of dockpass created the tables and they need an update, or if
 *   the query fails, for example because the server cannot be reached
 */
export async function hasPostgresTables(url: string): Promise<boolean> {
  const target = parsePostgresUrl(url);
  const client = await postgresServers(target, `dockpass ${randomUUID()}`).connect();
  try {
    const { rowCount } = await client.query(
      "select from pg_class where relnamespace = current_schema()::regnamespace and relname = 'audit_events'",
    );
    if (rowCount !== 1) return false;
    if (missingMigrations(await readSchema(client)).length === 0) return true;
    throw new DockpassError(
      'database',
      'the database is from an older version of dockpass. To update the database, run "dockpass serve" of this version.',
    );
  } catch (error) {
    const { user, password, database, servers } = target;
    throw explainPostgresError(error, { server: servers[0], user, password, database });
  } finally {
    await client.end().catch(() => {});
  }
}
