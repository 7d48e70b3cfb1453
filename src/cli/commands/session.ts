import { Argument, Command } from 'commander';
import {
  listSessions,
  revokeAllSessions,
  revokeSession,
  revokeSessionsOf,
  type Session,
} from '../../admin/sessions.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { withStore } from '../context.ts';
import { formatTime, printJson, printTable, say } from '../output.ts';

export function sessionCommand(): Command {
  return new Command('session')
    .description('Manage sessions: logins that clients hold as refresh tokens (docker: identity tokens)')
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('List the sessions that have not ended, of all users or of one')
    .addArgument(new Argument('[user]', 'the name of the user'))
    .option('--json', 'print JSON')
    .action(async (user: string | undefined, options: { json?: boolean }, command: Command) => {
      const sessions = await withStore(command, (store, { tokens }) =>
        listSessions(store, systemClock, tokens.refresh, user),
      );
      if (options.json === true) printJson(sessions.map(publicView));
      else printTable(sessions.map(row));
    });
}

interface RevokeOptions {
  readonly user?: string;
  readonly all?: boolean;
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('End one session, all of a user, or all; their clients have to log in again')
    .addArgument(new Argument('[id]', 'the id that "dockpass session list" shows'))
    .option('--user <user>', 'end all sessions of this user')
    .option('--all', 'end all sessions of all users')
    .action(async (id: string | undefined, { user, all }: RevokeOptions, command: Command) => {
      if ([id, user, all].filter((choice) => choice !== undefined).length !== 1)
        throw new DockpassError('bad_usage', 'give one of these: an ID, --user USER or --all');
      const count = await withStore(command, async (store) => {
        if (user !== undefined) return revokeSessionsOf(store, systemClock, user);
        if (id === undefined) return revokeAllSessions(store, systemClock);
        await revokeSession(store, systemClock, id);
        return 1;
      });
      const sessions = count === 1 ? 'session' : 'sessions';
      say(
        `${count} ${sessions} revoked; registry tokens that were issued before stay valid until they expire`,
      );
    });
}

/** A session as `--json` shows it: without the hash of its token. */
function publicView({ id, user, host, client, createdAt, lastUse, endsAt }: Session) {
  return {
    name: id,
    user,
    host,
    client,
    created: formatTime(createdAt),
    lastUsed: formatTime(lastUse.at),
    lastUsedFrom: lastUse.from,
    expires: formatTime(endsAt),
  };
}

function row(session: Session): Record<string, string> {
  const { name: id, lastUsed, lastUsedFrom: from, client, ...rest } = publicView(session);
  return { id, ...rest, 'last used': lastUsed, from, client: client.slice(0, 60) };
}
