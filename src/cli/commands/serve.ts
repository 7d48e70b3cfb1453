import type { Command } from 'commander';
import { CliCommand } from '../cli-command.ts';

export function serveCommand(): Command {
  return new CliCommand('serve')
    .description('Run only the token server. Creates the keys and the database if they do not exist')
    .examples('dockpass serve', 'dockpass serve --config /etc/dockpass/dockpass.yml')
    .action(async (_options: unknown, command: Command) => {
      const { serve } = await import('../actions/serve.ts');
      await serve(command);
    });
}
