import { Argument, type Command } from 'commander';
import { CliCommand } from '../cli-command.ts';
import type { LoginOptions } from '../actions/login.ts';

export function loginCommand(): Command {
  return new CliCommand('login')
    .description(
      'Log in to the administration API of a server, so that other commands can use it with --url or DOCKPASS_URL',
    )
    .examples(
      'dockpass login https://registry.example.com',
      'dockpass login https://registry.example.com --user alice --password-stdin < password.txt',
    )
    .addArgument(serverArgument())
    .option('--user <name>', 'The name of the user')
    .option('--password-stdin', 'Read the password from standard input')
    .action(async (text: string | undefined, options: LoginOptions, command: Command) => {
      const { logIn } = await import('../actions/login.ts');
      await logIn(text, options, command);
    });
}

export function logoutCommand(): Command {
  return new CliCommand('logout')
    .description(
      'Log out of a server: revoke the token that "dockpass login" created, and remove it from this machine',
    )
    .examples('dockpass logout https://registry.example.com')
    .addArgument(serverArgument())
    .action(async (text: string | undefined, _options: unknown, command: Command) => {
      const { logOut } = await import('../actions/logout.ts');
      await logOut(text, command);
    });
}

function serverArgument(): Argument {
  return new Argument(
    '[url]',
    'The server (default: the option --url, otherwise the environment variable DOCKPASS_URL)',
  );
}
