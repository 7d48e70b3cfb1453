import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { isPostgres, openExistingStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';

/**
 * Finds problems of a configuration in the database, for a command that has no open database. If the database does not
 * exist yet, there are none. This function never creates a database.
 *
 * A configuration can be valid even if its database server cannot be reached from this machine. Therefore an error of
 * PostgreSQL becomes a warning and is not thrown.
 * @param unchecked what cannot be checked then, as the beginning of the warning
 * @returns one line of text for each problem
 */
export async function readExisting(
  { database }: Pick<Config, 'database'>,
  read: (store: Store) => Promise<string[]>,
  unchecked: string,
): Promise<{ readonly problems: string[]; readonly warnings: string[] }> {
  try {
    const store = await openExistingStore(database);
    if (store === undefined) return { problems: [], warnings: [] };
    try {
      return { problems: await read(store), warnings: [] };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof DockpassError) || !isPostgres(database)) throw error;
    return { problems: [], warnings: [`${unchecked}: ${error.message}`] };
  }
}
