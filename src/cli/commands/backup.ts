import { Command } from 'commander';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { readKeyFiles, requireNoKeyFiles, writeKeyFiles } from '../../keys/storage/key-file-backup.ts';
import { isPostgres } from '../../store/open-store.ts';
import { configOf } from '../context.ts';
import { say } from '../output.ts';

export function backupCommand(): Command {
  return new Command('backup')
    .description('users, grants, tokens, audit log and keys in one new file; servers go on meanwhile')
    .argument('<file>', 'the file to write')
    .action(async (file: string, _options: unknown, command: Command) => {
      const config = await configOf(command);
      requireSqlite(config);
      const { backupSqlite } = await import('../../store/sqlite/backup.ts');
      const { directory, secret } = config.keys;
      await backupSqlite(config.database, file, secret === null ? await readKeyFiles(directory) : []);
      say(
        secret === null
          ? `${file} holds the database and the keys: whoever reads it can sign tokens, so keep it where only you can`
          : `${file} holds the database, and the keys in it are sealed: keep keys.secret somewhere else, for without it they are lost`,
      );
    });
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('bring a backup back, where neither database nor keys are; the server is stopped meanwhile')
    .argument('<file>', 'what "dockpass backup" wrote')
    .action(async (file: string, _options: unknown, command: Command) => {
      const config = await configOf(command);
      requireSqlite(config);
      if (config.keys.secret === null) await requireNoKeyFiles(config.keys.directory);
      const { restoreSqlite } = await import('../../store/sqlite/backup.ts');
      await writeKeyFiles(config.keys.directory, await restoreSqlite(file, config.database));
      say('database and keys are back; start the server again');
    });
}

function requireSqlite(config: Config): void {
  if (!isPostgres(config.database)) return;
  throw new DockpassError(
    'bad_usage',
    config.keys.secret === null
      ? 'a PostgreSQL database is backed up by its own tools (pg_dump, pg_basebackup); of the keys folder keep authority.pem'
      : 'a PostgreSQL database is backed up by its own tools (pg_dump, pg_basebackup), with the sealed keys in it; keep keys.secret somewhere else, for without it they are lost',
  );
}
