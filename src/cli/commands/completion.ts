import { Argument, type Command } from 'commander';
import { CliCommand } from '../cli-command.ts';
import { describeCommand, type CommandNode } from '../reference/command-tree.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/**
 * Creates the command `completion`.
 * @param createFullProgram a function that creates the program with all commands, because the completion script
 *   suggests all of them
 */
export function completionCommand(createFullProgram: () => Promise<Command>): Command {
  return new CliCommand('completion')
    .description('Print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'The shell that you use').choices(shells))
    .examples(
      'source <(dockpass completion bash)',
      'source <(dockpass completion zsh)',
      'dockpass completion fish > ~/.config/fish/completions/dockpass.fish',
    )
    .action(async (shell: Shell) => {
      process.stdout.write(await render(shell, describeCommand(await createFullProgram())));
    });
}

async function render(shell: Shell, program: CommandNode): Promise<string> {
  switch (shell) {
    case 'bash':
      return (await import('../reference/completion-bash.ts')).renderBashCompletion(program);
    case 'zsh':
      return (await import('../reference/completion-zsh.ts')).renderZshCompletion(program);
    case 'fish':
      return (await import('../reference/completion-fish.ts')).renderFishCompletion(program);
  }
}
