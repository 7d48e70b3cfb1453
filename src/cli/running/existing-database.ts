import { relative } from 'node:path';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { isPostgres, openExistingStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { say } from '../output.ts';
import { sourceOf } from './current-config.ts';

/**
 * Opens the database for a command. When the command makes its first change, this store says on stderr which database
 * was changed, because a command that runs in the wrong folder changes another database than the person expects.
 * @throws DockpassError `database` if the database does not exist. Only `serve`, `up`, `init`, `restore` and
 *   `move-store` create a database
 */
export async function openForCommand(config: Config): Promise<Store> {
  const store = await openExistingStore(config.database, config.databaseOwnership);
  if (store === undefined) throw noDatabase(config);
  let isAnnounced = false;
  return {
    ...store,
    change: async (what, work) => {
      const result = await store.change(what, work);
      if (!isAnnounced) say(`Database: ${formatDatabase(config.database)}`);
      isAnnounced = true;
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

/** Formats the database for messages: a path relative to the current folder if that is shorter, or a URL without its password. */
export function formatDatabase(database: string): string {
  if (isPostgres(database)) return database.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1@').replace(/\?.*$/, '');
  const path = relative('', database);
  return path.startsWith('..') ? database : path;
}
