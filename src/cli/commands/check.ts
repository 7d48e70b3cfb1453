import type { Command } from 'commander';
import type { CheckOptions } from '../actions/check.ts';
import { CliCommand } from '../cli-command.ts';

export function checkCommand(): Command {
  return new CliCommand('check')
    .description('Validate the configuration and list all its errors')
    .option('--show', 'Print the effective settings with their origin; secrets are masked')
    .jsonOption('Print the effective settings as JSON')
    .examples('dockpass check', 'dockpass check --show', 'dockpass --config /etc/dockpass/dockpass.yml check')
    .action(async (options: CheckOptions, command: Command) => {
      const { check } = await import('../actions/check.ts');
      await check(options, command);
    });
}
