import { isPostgres } from '../../store/open-store.ts';

/**
 * Returns a warning if the database is PostgreSQL, which several servers can share, but `keys.secret` is not set.
 * Without this secret, servers cannot authenticate the messages in which they tell each other about failed login
 * attempts.
 */
export function findUnsharedAttempts({
  database,
  keys,
}: {
  readonly database: string;
  readonly keys: { readonly secret: unknown };
}): string[] {
  if (!isPostgres(database) || keys.secret !== null) return [];
  return [
    'keys.secret is not set, so each server that uses this PostgreSQL database counts failed login attempts on its own. Give all servers the same keys.secret: run "dockpass keys move --to database"',
  ];
}
