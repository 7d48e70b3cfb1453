import type { Command } from 'commander';
import type { MoveStoreOptions } from '../actions/move-store.ts';
import { CliCommand } from '../cli-command.ts';

export function moveStoreCommand(): Command {
  return new CliCommand('move-store')
    .description(
      'Copy the whole database to another database (SQLite or PostgreSQL) and compare the two; stop the servers first',
    )
    .option(
      '--to <database>',
      'The target database: a postgres:// URL without a password, or the path of a SQLite file',
    )
    .option(
      '--to-file <file>',
      'Read the target database from this file, because its URL contains a password; - reads standard input',
    )
    .jsonOption('Print name, row count and digest of each table as JSON')
    .examples(
      'dockpass move-store --to postgres://dockpass@db.example.com/dockpass',
      'dockpass move-store --to /var/lib/dockpass/dockpass.db',
      'dockpass move-store --to-file /run/secrets/database-url',
    )
    .action(async (options: MoveStoreOptions, command: Command) => {
      const { copyStore } = await import('../actions/move-store.ts');
      await copyStore(options, command);
    });
}
