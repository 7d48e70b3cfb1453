import type { Command } from 'commander';
import { CliCommand } from '../cli-command.ts';

export function writesCommand(): Command {
  return new CliCommand('writes')
    .description('Stop pushes and deletions for maintenance, and start them again; pulls go on')
    .examples('dockpass writes stop', 'dockpass writes start')
    .addCommand(
      new CliCommand('stop')
        .description('Make the edge answer pushes and deletions with 503')
        .examples('dockpass writes stop')
        .action(async (_options: unknown, command: Command) => {
          const { stop } = await import('../actions/writes.ts');
          await stop(command);
        }),
    )
    .addCommand(
      new CliCommand('start')
        .description('Make the edge pass on pushes and deletions again')
        .examples('dockpass writes start')
        .action(async (_options: unknown, command: Command) => {
          const { start } = await import('../actions/writes.ts');
          await start(command);
        }),
    );
}
