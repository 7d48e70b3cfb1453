import { existsSync } from 'node:fs';
import type { Store } from './store.ts';

export function isPostgres(database: string): boolean {
  return /^postgres(ql)?:/.test(database);
}

/**
 * Opens the backend that `database` names: a path for SQLite, or postgres://…
 * @param staleness seconds, see PostgresSettings
 * @throws DockpassError `database`, `data_directory`
 */
export async function openStore(database: string, staleness = 30): Promise<Store> {
  // Only the backend in use is loaded, because a driver costs memory and time at start.
  if (isPostgres(database)) {
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    return openPostgres(database, { staleness });
  }
  const { openSqlite } = await import('./sqlite/open-sqlite.ts');
  return openSqlite(database);
}

/**
 * Opens a database that exists already; undefined if there is none. Never creates one: a command that only reads would
 * otherwise leave an empty database behind.
 * @throws DockpassError `database`, for example if the server cannot be reached
 */
export async function openExistingStore(database: string): Promise<Store | undefined> {
  if (isPostgres(database)) {
    const { hasPostgresTables } = await import('./postgres/schema.ts');
    return (await hasPostgresTables(database)) ? openStore(database) : undefined;
  }
  return existsSync(database) ? openStore(database) : undefined;
}
