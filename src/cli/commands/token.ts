import { Argument, type Command } from 'commander';
import type { Label, OnlyRight } from '../../store/store.ts';
import { withAdministration } from '../administration/open-administration.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { readDuration } from '../options/duration-option.ts';
import { descriptionOption, onlyOption, ownerOption } from '../options/only-option.ts';
import { print, printJson, printTable, say } from '../output.ts';

export function tokenCommand(): Command {
  return new CliCommand('token')
    .description('Manage access tokens. A user can log in with an access token in place of the password')
    .examples('dockpass token create laptop --user alice', 'dockpass token list --user alice')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

interface CreateOptions extends Label {
  readonly user: string;
  readonly only?: readonly OnlyRight[];
  readonly expires: string;
  readonly api?: boolean;
}

function createCommand(): Command {
  return new CliCommand('create')
    .description('Create an access token and print it once')
    .examples(
      'dockpass token create laptop --user alice',
      'dockpass token create ci --user alice --only "team/**:pull" --expires 30d --description "builds of the shop"',
    )
    .addArgument(nameArgument())
    .requiredOption('--user <user>', 'The user of the token; a token never has more rights than its user')
    .addOption(onlyOption())
    .option(
      '--expires <duration>',
      'How long the token is valid: a duration such as 12h or 90d, or never',
      '90d',
    )
    .option(
      '--api',
      'Let the token also use the administration API; without --only, with all rights of its user',
    )
    .addOption(descriptionOption('token'))
    .addOption(ownerOption('token'))
    .action(async (name: string, { user, only, expires, ...options }: CreateOptions, command: Command) => {
      const expiresIn = expires === 'never' ? null : readDuration('--expires', expires);
      const { token, secret } = await withAdministration(command, ({ tokens }) =>
        tokens.create({ name, user, only: only ?? null, expiresIn, ...options }),
      );
      say(`log in with the name ${token.user} and this token as the password (it is shown only once):`);
      print(secret.reveal());
      say(token.expires === null ? 'the token does not expire' : `the token expires at ${token.expires}`);
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all access tokens, or the access tokens of one user')
    .examples('dockpass token list --user alice --json')
    .option('--user <user>', 'List only the tokens of this user')
    .jsonOption()
    .action(async (options: { user?: string; json?: boolean }, command: Command) => {
      const { loginRow } = await import('../views/login-row.ts');
      const found = await withAdministration(command, ({ tokens }) => tokens.list(options.user));
      if (options.json === true) printJson(found);
      else
        printTable(
          found.map(loginRow),
          options.user === undefined ? 'there are no access tokens' : `${options.user} has no access tokens`,
        );
    });
}

interface RevokeOptions extends ConfirmOptions {
  readonly user: string;
}

function revokeCommand(): Command {
  return new CliCommand('revoke')
    .description('Revoke an access token; the server rejects it from the next request on')
    .examples('dockpass token revoke laptop --user alice')
    .addArgument(nameArgument())
    .requiredOption('--user <user>', 'The user of the token')
    .confirmOptions()
    .action(async (text: string, options: RevokeOptions, command: Command) => {
      const { name, user } = await withAdministration(command, async ({ tokens }) => {
        const token = await tokens.find({ name: text, user: options.user });
        await confirm(`Revoke the access token ${token.name} of ${token.user}?`, options);
        return tokens.revoke(token);
      });
      say(
        `access token ${name} of ${user} is revoked; registry tokens that were already issued stay valid until they expire`,
      );
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'The name of the token');
}
