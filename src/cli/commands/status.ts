import type { Command } from 'commander';
import { CliCommand, type JsonOption } from '../cli-command.ts';

export function statusCommand(): Command {
  return new CliCommand('status')
    .description('Show which server runs on the database, where it listens, and which settings it uses')
    .jsonOption('Print JSON, with all settings; secrets are masked')
    .examples('dockpass status', 'dockpass status --json')
    .action(async (options: JsonOption, command: Command) => {
      const { showStatus } = await import('../actions/status.ts');
      await showStatus(options, command);
    });
}
