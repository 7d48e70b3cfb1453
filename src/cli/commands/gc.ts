import type { Command } from 'commander';
import type { CollectionOptions } from '../actions/gc.ts';
import { CliCommand } from '../cli-command.ts';

export function gcCommand(): Command {
  return new CliCommand('gc')
    .description(
      'Free the disk space of deleted images (garbage collection) of the registry that "dockpass up" runs. New pushes have to wait meanwhile; pulls go on. For any other registry, print the steps',
    )
    .option('--dry-run', 'Show what would be freed, and free nothing')
    .option('--wait <duration>', 'Wait at most this long for pushes that have begun', '10m')
    .examples('dockpass gc --dry-run', 'dockpass gc', 'dockpass gc --wait 30m')
    .action(async (options: CollectionOptions, command: Command) => {
      const { collectGarbage } = await import('../actions/gc.ts');
      await collectGarbage(options, command);
    });
}
