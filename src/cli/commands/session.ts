import { Argument, type Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withStore } from '../context.ts';
import { printJson, printTable, say } from '../output.ts';

export function sessionCommand(): Command {
  return new CliCommand('session')
    .description(
      'Manage sessions. A session is a login that a client stores as a refresh token (docker: identity token), or a person who is signed in to the web console',
    )
    .examples('dockpass session list alice', 'dockpass session revoke --user alice')
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List the active sessions of all users or of one user')
    .examples('dockpass session list', 'dockpass session list alice --json')
    .addArgument(new Argument('[user]', 'The name of the user'))
    .jsonOption()
    .action(async (user: string | undefined, options: { json?: boolean }, command: Command) => {
      const { listSessions } = await import('../../admin/sessions.ts');
      const { sessionRow, sessionView } = await import('../../admin/views/session-view.ts');
      const sessions = await withStore(command, (store, { tokens }) =>
        listSessions(store, systemClock, tokens.refresh, user),
      );
      if (options.json === true) printJson(sessions.map(sessionView));
      else
        printTable(
          sessions.map((session) => sessionRow(sessionView(session))),
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
    .option('--user <user>', 'End all sessions of this user')
    .option('--all', 'End all sessions of all users')
    .confirmOptions()
    .action(async (id: string | undefined, { user, all, ...options }: RevokeOptions, command: Command) => {
      if ([id, user, all].filter((choice) => choice !== undefined).length !== 1)
        throw new DockpassError('bad_usage', 'give one of these: an ID, --user USER or --all');
      const which =
        id !== undefined ? `the session ${id}` : `all sessions${user === undefined ? '' : ` of ${user}`}`;
      const { requireSessions, revokeAllSessions, revokeSession, revokeSessionsOf } =
        await import('../../admin/sessions.ts');
      const count = await withStore(command, async (store) => {
        if (options.dryRun === true) await requireSessions(store, { id, user });
        await confirm(`Revoke ${which}?`, options);
        if (user !== undefined) return revokeSessionsOf(store, systemClock, user);
        if (id === undefined) return revokeAllSessions(store, systemClock);
        await revokeSession(store, systemClock, id);
        return 1;
      });
      const sessions = count === 1 ? 'session' : 'sessions';
      say(
        `${count} ${sessions} revoked; registry tokens that were already issued stay valid until they expire`,
      );
    });
}
