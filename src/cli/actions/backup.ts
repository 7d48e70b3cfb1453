import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { readKeyFiles, requireNoKeyFiles, writeKeyFiles } from '../../keys/storage/key-file-backup.ts';
import { isPostgres } from '../../store/open-store.ts';
import { backupSqlite, restoreSqlite } from '../../store/sqlite/backup.ts';
import type { ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { configOf } from '../context.ts';
import { say } from '../output.ts';
import { withProgress } from '../progress.ts';
import { noteChangedDatabase } from '../running/changed-database.ts';
import { formatDatabase, noDatabase } from '../running/existing-database.ts';

/** Writes the database and the keys to one new file. */
export async function backup(file: string, command: Command): Promise<void> {
  const config = await configOf(command);
  requireSqlite(config);
  if (!existsSync(config.database)) throw noDatabase(config);
  const { directory, secret } = config.keys;
  const keyFiles = secret === null ? await readKeyFiles(directory) : [];
  await withProgress('Writing the backup', () => backupSqlite(config.database, file, keyFiles));
  say(
    secret === null
      ? `${file} contains the database and the keys. Anyone who can read this file can sign tokens, so store it where only you have access.`
      : `${file} contains the database with the encrypted keys. Store the value of keys.secret in another place, because no one can decrypt the keys without it.`,
  );
}

/** Restores the database and the keys from a backup. */
export async function restore(file: string, options: ConfirmOptions, command: Command): Promise<void> {
  const config = await configOf(command);
  requireSqlite(config);
  const { directory, secret } = config.keys;
  if (secret === null) await requireNoKeyFiles(directory);
  await confirm(`Restore the backup ${file} to the database ${config.database}?`, options);
  const keyFiles = await withProgress('Restoring the backup', () => restoreSqlite(file, config.database));
  await writeKeyFiles(directory, keyFiles);
  noteChangedDatabase(formatDatabase(config.database));
  say('the database and the keys are restored. Start the server again.');
}

function requireSqlite({ database, keys }: Config): void {
  if (!isPostgres(database)) return;
  throw new DockpassError(
    'bad_usage',
    keys.secret === null
      ? 'dockpass does not back up PostgreSQL. Use pg_dump or pg_basebackup, and copy authority.pem from the keys folder.'
      : 'dockpass does not back up PostgreSQL. Use pg_dump or pg_basebackup; the backup then includes the encrypted keys. Store the value of keys.secret in another place, because no one can decrypt the keys without it.',
  );
}
