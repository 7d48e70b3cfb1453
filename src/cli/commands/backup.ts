import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { readKeyFiles, requireNoKeyFiles, writeKeyFiles } from '../../keys/storage/key-file-backup.ts';
import { isPostgres } from '../../store/open-store.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { configOf } from '../context.ts';
import { say } from '../output.ts';
import { withProgress } from '../progress.ts';
import { noteChangedDatabase } from '../running/changed-database.ts';
import { formatDatabase, noDatabase } from '../running/existing-database.ts';

export function backupCommand(): Command {
  return new CliCommand('backup')
    .description('Write users, grants, tokens, audit log and keys to one new file; servers can keep running')
    .argument('<file>', 'The path of the new backup file')
    .examples('dockpass backup /var/backups/dockpass-2026-11-29.db')
    .action(async (file: string, _options: unknown, command: Command) => {
      const config = await configOf(command);
      requireSqlite(config);
      if (!existsSync(config.database)) throw noDatabase(config);
      const { backupSqlite } = await import('../../store/sqlite/backup.ts');
      const { directory, secret } = config.keys;
      const keyFiles = secret === null ? await readKeyFiles(directory) : [];
      await withProgress('Writing the backup', () => backupSqlite(config.database, file, keyFiles));
      say(
        secret === null
          ? `${file} contains the database and the keys. Anyone who can read this file can sign tokens, so store it where only you have access.`
          : `${file} contains the database with the encrypted keys. Store the value of keys.secret in another place, because no one can decrypt the keys without it.`,
      );
    });
}

export function restoreCommand(): Command {
  return new CliCommand('restore')
    .description(
      'Restore a backup. Before you run this command, stop all servers, and move any existing database and keys to another place',
    )
    .argument('<file>', 'The file that "dockpass backup" wrote')
    .confirmOptions()
    .examples('dockpass restore /var/backups/dockpass-2026-11-29.db')
    .action(async (file: string, options: ConfirmOptions, command: Command) => {
      const config = await configOf(command);
      requireSqlite(config);
      const { directory, secret } = config.keys;
      if (secret === null) await requireNoKeyFiles(directory);
      await confirm(`Restore the backup ${file} to the database ${config.database}?`, options);
      const { restoreSqlite } = await import('../../store/sqlite/backup.ts');
      const keyFiles = await withProgress('Restoring the backup', () => restoreSqlite(file, config.database));
      await writeKeyFiles(directory, keyFiles);
      noteChangedDatabase(formatDatabase(config.database));
      say('the database and the keys are restored. Start the server again.');
    });
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
