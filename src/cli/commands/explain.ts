import type { Command } from 'commander';
import type { ExplainOptions } from '../actions/explain.ts';
import { CliCommand } from '../cli-command.ts';

export function explainCommand(): Command {
  return new CliCommand('explain')
    .description('Explain which access a request would get and why, or why a request was denied')
    .argument(
      '<scope...>',
      'What to explain: a requested scope (repository:NAME:ACTIONS or registry:catalog:*), or the id in an error message',
    )
    .option('--host <host>', 'The host under which the client reaches the registry')
    .option(
      '--user <name>',
      'Explain a request that this user, robot or trust rule (ci:NAME) sends after a login (default: a request without a login)',
    )
    .option(
      '--token <name>',
      'Explain the request as if the user had logged in with this access token (requires --user)',
    )
    .option(
      '--jwt <file>',
      'Explain the request of a job or pod that logs in with the JWT in this file (- for standard input)',
    )
    .option(
      '--from <address>',
      'The IP address of the client, because policy rules can depend on the address',
      '127.0.0.1',
    )
    .jsonOption()
    .examples(
      'dockpass explain --host registry.example.com --user alice repository:team/app:pull,push',
      'dockpass explain --jwt job.jwt --host registry.example.com repository:acme/app:push',
      'dockpass explain 3stag409zq69',
    )
    .action(async (words: string[], options: ExplainOptions, command: Command) => {
      const { showExplanation } = await import('../actions/explain.ts');
      await showExplanation(words, options, command);
    });
}
