import type { Command } from 'commander';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';

export function backupCommand(): Command {
  return new CliCommand('backup')
    .description('Write users, grants, tokens, audit log and keys to one new file; servers can keep running')
    .argument('<file>', 'The path of the new backup file')
    .examples('dockpass backup /var/backups/dockpass-2026-11-29.db')
    .action(async (file: string, _options: unknown, command: Command) => {
      const { backup } = await import('../actions/backup.ts');
      await backup(file, command);
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
      const { restore } = await import('../actions/backup.ts');
      await restore(file, options, command);
    });
}
