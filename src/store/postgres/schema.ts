import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DockpassError } from '../../errors.ts';
import { explainPostgresError } from './explain-error.ts';
import { closeToPublic, findOwnershipFaults, findPublicAccess } from './ownership.ts';
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
import type { DatabaseFault, DatabaseRights } from '../store.ts';
import { watchedTables } from '../watched-tables.ts';

/** The oldest PostgreSQL version that the PostgreSQL project still maintains, in the format of server_version_num. */
const oldestVersion = 140_000;
/** The number of the advisory lock for migrations. It must differ from the numbers in open-postgres.ts. */
const migrationLock = 7_212_001;

/**
 * The comment that dockpass adds to the table `migrations` when it creates the tables. If a database has this comment,
 * everything in it has belonged to the role of dockpass from the start. Older versions did not require that, and did
 * not add the comment.
 */
const ownedMark = 'created by dockpass; no other role may own or create anything in this schema';

/**
 * Brings the schema up to date in one transaction, while holding a lock. If several processes start at once, only one
 * of them migrates the schema, and no process sees a partly migrated schema. If the migration fails, nothing is
 * changed. After the transaction, the function also calls `closeToPublic`.
 * @param requireOwnership if true, the function throws an error if another role could run code with the rights of
 *   dockpass. If false, it throws this error only if the database is new or has the comment `ownedMark`. For other
 *   databases, which older versions created, it only returns the problems
 * @returns the problems with the rights of other roles
 * @throws DockpassError `database`; also throws errors of the database driver
 */
export async function migratePostgres(client: pg.Client, requireOwnership = false): Promise<DatabaseRights> {
  await requireVersion(client);
  await client.query('begin');
  try {
    await client.query(`select pg_catalog.pg_advisory_xact_lock(cast(${migrationLock} as bigint))`);
    const isNew = await requireOurs(client);
    await client.query(
      'create table if not exists migrations (number bigint primary key, name text not null)',
    );
    const ownership = await findOwnershipFaults(client);
    if (ownership.length > 0 && (isNew || requireOwnership || (await hasOwnedMark(client))))
      throw ownershipError(ownership);
    const schema = await readSchema(client);
    for (const { number, name, sql } of missingMigrations(schema)) {
      await client.query(sql);
      await client.query('insert into migrations (number, name) values ($1, $2)', [number, name]);
    }
    // A newer version of dockpass may have migrated the database and added triggers for tables that this version does
    // not know. In this case, this version does not replace the triggers.
    if (unknownMigrations(schema.applied).length === 0) await requireTriggers(client);
    if (isNew) await client.query(`comment on table migrations is '${ownedMark}'`);
    await client.query('commit');
    return { ownership, publicAccess: await closeToPublic(client) };
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function hasOwnedMark(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mark: string | null }>(
    "select pg_catalog.obj_description(oid, 'pg_class') as mark from pg_catalog.pg_class where oid = pg_catalog.to_regclass('migrations')",
  );
  return rows[0]?.mark === ownedMark;
}

function ownershipError(faults: readonly DatabaseFault[]): DockpassError {
  const problems = faults.map(({ problem }) => problem).join('; ');
  const fixes = faults.map(({ fix }) => `${fix};`).join(' ');
  return new DockpassError(
    'database',
    `PostgreSQL: other roles could run code with the rights of dockpass: ${problems}. Run these statements as a superuser in this database, or give dockpass a database of its own: ${fixes}`,
  );
}

async function requireTriggers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<InstalledTriggers>(installedTriggers);
  const [installed] = rows;
  if (installed?.version === triggersVersion) return;
  // Only the owner of a function can replace it. In a database from an older version of dockpass, another role may own
  // the function that the triggers call. An attempt to replace it would then fail and prevent the start. So if all
  // triggers exist, dockpass keeps the old function. `findOwnershipFaults` reports the other owner.
  if (installed?.ours === false && installed.count >= watchedTables.length) return;
  await client.query(changeTriggers);
}

interface InstalledTriggers {
  readonly version: string | null;
  readonly ours: boolean;
  readonly count: number;
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

/**
 * Throws an error if the database contains tables of another program, so that dockpass does not change them.
 * @returns true if the database contains no tables
 */
async function requireOurs(client: pg.Client): Promise<boolean> {
  // The query does not use information_schema, because information_schema hides tables on which the role has no rights.
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_catalog.pg_class where relnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident(pg_catalog.current_schema())) and relkind in ('r', 'p')",
  );
  const names = new Set(rows.map(({ name }) => name));
  if (names.size === 0) return true;
  if (names.has('migrations') && names.has('users') && names.has('audit_events')) return false;
  throw new DockpassError(
    'database',
    'the database has tables of another program. Give dockpass its own database (createdb dockpass) or its own schema.',
  );
}

/**
 * Returns true if the database at `url` has the tables of dockpass. Does not change the database.
 * @param schema with `current`, tables of an older version of dockpass are an error
 * @throws DockpassError `database` if an older version of dockpass created the tables and they need an update, or if
 *   the query fails, for example because the server cannot be reached
 */
export async function hasPostgresTables(
  url: string,
  schema: 'current' | 'any' = 'current',
): Promise<boolean> {
  const target = parsePostgresUrl(url);
  const client = await postgresServers(target, `dockpass ${randomUUID()}`).connect();
  try {
    const { rowCount } = await client.query(
      "select from pg_catalog.pg_class where relnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident(pg_catalog.current_schema())) and relname = 'audit_events'",
    );
    if (rowCount !== 1) return false;
    if (schema === 'any' || missingMigrations(await readSchema(client)).length === 0) return true;
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

/**
 * Finds problems with the rights of other roles, without changing the database. The counterpart for SQLite is
 * `examineSqlite`.
 * @throws DockpassError `database`, for example if the server cannot be reached
 */
export async function examinePostgres(url: string): Promise<DatabaseRights> {
  const target = parsePostgresUrl(url);
  const client = await postgresServers(target, `dockpass ${randomUUID()}`).connect();
  try {
    return { ownership: await findOwnershipFaults(client), publicAccess: await findPublicAccess(client) };
  } catch (error) {
    const { user, password, database, servers } = target;
    throw explainPostgresError(error, { server: servers[0], user, password, database });
  } finally {
    await client.end().catch(() => {});
  }
}
