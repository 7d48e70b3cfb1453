import type { Store } from './store.ts';

export function isPostgres(database: string): boolean {
  return /^postgres(ql)?:/.test(database);
}

/**
 * Opens the backend that `database` names: a path, or postgres://…
 * @param staleness seconds; see PostgresSettings
 * @throws DockpassError `database`, `data_directory`
 */
export async function openStore(database: string, staleness = 30): Promise<Store> {
  // Each loaded only where it is the one: a driver costs memory and time at start.
  if (isPostgres(database)) {
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    return openPostgres(database, { staleness });
  }
  const { openSqlite } = await import('./sqlite/open-sqlite.ts');
  return openSqlite(database);
}
