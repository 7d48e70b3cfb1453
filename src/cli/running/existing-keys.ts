import { existsSync } from 'node:fs';
import { hasKeyFiles } from '../../admin/keys/key-store.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { isPostgres } from '../../store/open-store.ts';
import { sourceOf } from './current-config.ts';

/**
 * Checks that there is an installation whose keys a command can show or rotate. Without this check, a command in the
 * wrong folder would create keys there and report success. A database without keys is an installation too: the command
 * may create its first keys.
 * @throws DockpassError `key_files` if there are neither keys nor a database
 */
export async function requireInstallation(config: Config): Promise<void> {
  const { database, keys } = config;
  // If the keys are stored in a database that does not exist, the command fails later, when it opens the database.
  if (keys.secret !== null || isPostgres(database) || existsSync(database)) return;
  if (await hasKeyFiles(config)) return;
  throw new DockpassError(
    'key_files',
    `there are no keys in ${keys.directory} (configuration: ${sourceOf(config)}). Run the command in the folder of your installation, or add --config FILE with its configuration file. To create a new installation, run "dockpass init" or start "dockpass serve".`,
  );
}
