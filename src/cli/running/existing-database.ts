import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { isPostgres, openExistingStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { noteChangedDatabase } from './changed-database.ts';
import { sourceOf } from './current-config.ts';

/**
 * Opens the database for a command. If the command changes it, its last line on stderr says which database was changed.
 * @throws DockpassError `database` if the database does not exist. Only `serve`, `up`, `init`, `restore` and
 *   `move-store` create a database
 */
export async function openForCommand(config: Config): Promise<Store> {
  const store = await openExistingStore(config.database, config.databaseOwnership, 'any');
  if (store === undefined) throw noDatabase(config);
  return {
    ...store,
    change: async (what, work) => {
      const result = await store.change(what, work);
      noteChangedDatabase(formatDatabase(config.database));
      return result;
    },
  };
}

export function noDatabase(config: Config): DockpassError {
  return new DockpassError(
    'database',
    `there is no database at ${formatDatabase(config.database)} (configuration: ${sourceOf(config)}). Run the command in the folder of your installation, or add --config FILE with its configuration file. To create a new installation, run "dockpass init" or start "dockpass serve".`,
  );
}

/**
 * Formats the database for messages. For SQLite, this is the complete path, so that a person who runs a command in the
 * wrong folder notices the mistake. For PostgreSQL, it is the URL without its password.
 */
export function formatDatabase(database: string): string {
  if (!isPostgres(database)) return database;
  return database.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1@').replace(/\?.*$/, '');
}
