import { existsSync } from 'node:fs';
import type { FoundServers, Store } from './store.ts';

export function isPostgres(database: string): boolean {
  return /^postgres(ql)?:/.test(database);
}

/**
 * Opens a database. `database` is the path of a SQLite file or a PostgreSQL URL (postgres://…).
 * @param staleness for PostgreSQL: the number of seconds for which logins may use cached data while the database cannot
 *   be reached
 * @param ownership for PostgreSQL: what to do if another role could run code with the rights of dockpass. With
 *   `require`, the function throws an error. With `warn`, it throws this error only if the database is new, or if a
 *   version of dockpass that already had this check created it
 * @throws DockpassError `database`; also `data_directory` if the SQLite file cannot be written
 */
export async function openStore(
  database: string,
  staleness = 30,
  ownership: 'warn' | 'require' = 'warn',
): Promise<Store> {
  // Only the backend in use is loaded, because each database driver costs memory and startup time.
  if (isPostgres(database)) {
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    return openPostgres(database, { staleness, requireOwnership: ownership === 'require' });
  }
  const { openSqlite } = await import('./sqlite/open-sqlite.ts');
  return openSqlite(database);
}

/**
 * Opens a database if it already exists. If it does not exist, returns undefined and creates nothing, so that a command
 * that only reads does not leave an empty database behind.
 * @param schema for PostgreSQL: what to do if the tables are those of an older version of dockpass. With `any`, the
 *   function updates them. With `current`, it throws an error
 * @throws DockpassError `database`, for example if the server cannot be reached
 */
export async function openExistingStore(
  database: string,
  ownership?: 'warn' | 'require',
  schema: 'current' | 'any' = 'current',
): Promise<Store | undefined> {
  if (isPostgres(database)) {
    const { hasPostgresTables } = await import('./postgres/schema.ts');
    return (await hasPostgresTables(database, schema))
      ? openStore(database, undefined, ownership)
      : undefined;
  }
  return existsSync(database) ? openStore(database) : undefined;
}

/** Finds the servers that run on a database. @throws DockpassError `database` if PostgreSQL cannot be reached */
export async function findServers(database: string): Promise<FoundServers> {
  if (isPostgres(database)) return (await import('./postgres/server-rows.ts')).findInRows(database);
  return (await import('./sqlite/server-socket.ts')).findAtSocket(database);
}
