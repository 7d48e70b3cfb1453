import { Argument, type Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { withAdministration } from '../administration/open-administration.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { printJson, printTable, say } from '../output.ts';
import { sessionRow } from '../../admin/views/session-view.ts';

export function sessionCommand(): Command {
  return new CliCommand('session')
    .description(
      'Manage sessions. A session is a login that a client stores as a refresh token (docker: identity token)',
    )
    .examples('dockpass session list alice', 'dockpass session revoke --user alice')
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List the active sessions of all users or of one user')
    .examples(
      'dockpass session list',
      'dockpass session list alice --json',
      'dockpass session list ci:acme-app',
    )
    .addArgument(new Argument('[user]', 'The name of the user, or ci: and the name of a trust rule'))
    .jsonOption()
    .action(async (user: string | undefined, options: { json?: boolean }, command: Command) => {
      const found = await withAdministration(command, ({ sessions }) => sessions.list(user));
      if (options.json === true) printJson(found);
      else
        printTable(
          found.map(sessionRow),
          user === undefined ? 'there are no active sessions' : `${user} has no active sessions`,
        );
    });
}

interface RevokeOptions extends ConfirmOptions {
  readonly user?: string;
  readonly all?: boolean;
}

function revokeCommand(): Command {
  return new CliCommand('revoke')
    .description(
      'End one session, all sessions of a user, or all sessions; the clients then have to log in again',
    )
    .examples(
      'dockpass session revoke 4f2c91ab',
      'dockpass session revoke --user alice',
      'dockpass session revoke --all',
    )
    .addArgument(new Argument('[id]', 'The id that "dockpass session list" shows'))
    .option('--user <user>', 'End all sessions of this user, or of the jobs of a trust rule (ci:NAME)')
    .option('--all', 'End all sessions of all users')
    .confirmOptions()
    .action(async (id: string | undefined, { user, all, ...options }: RevokeOptions, command: Command) => {
      if ([id, user, all].filter((choice) => choice !== undefined).length !== 1)
        throw new DockpassError('bad_usage', 'give one of these: an ID, --user USER or --all');
      const which =
        id !== undefined ? `the session ${id}` : `all sessions${user === undefined ? '' : ` of ${user}`}`;
      const count = await withAdministration(command, async ({ sessions }) => {
        if (options.dryRun === true) await sessions.require({ id, user });
        await confirm(`Revoke ${which}?`, options);
        if (user !== undefined) return sessions.revokeOf(user);
        if (id === undefined) return sessions.revokeAll();
        await sessions.revoke(id);
        return 1;
      });
      say(
        `${count} ${count === 1 ? 'session' : 'sessions'} revoked; registry tokens that were already issued stay valid until they expire`,
      );
    });
}
