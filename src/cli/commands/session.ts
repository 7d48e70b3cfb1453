import { Argument, Command } from 'commander';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { Ports, RefreshToken, Store } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { formatTime, printJson, printTable, say } from '../output.ts';

export function sessionCommand(): Command {
  return new Command('session')
    .description('logins that go on: the refresh tokens (docker: identity tokens) that clients keep')
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('those that are still good, of one user or of all')
    .addArgument(new Argument('[user]', 'the user'))
    .option('--json', 'for programs')
    .action(async (user: string | undefined, options: { json?: boolean }, command: Command) => {
      await withStore(command, async (store, config) => {
        const name = user === undefined ? undefined : await requireUser(store, user);
        const end = endBy(config);
        const sessions = (await store.refreshTokens.list(name)).filter((token) => end(token) > now());
        if (options.json === true) printJson(sessions.map((token) => publicView(token, end(token))));
        else printTable(sessions.map((token) => row(token, end(token))));
      });
    });
}

interface RevokeOptions {
  readonly user?: string;
  readonly all?: boolean;
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('end one, all of a user, or all: whoever holds it logs in again')
    .addArgument(new Argument('[id]', 'as "dockpass session list" shows it'))
    .option('--user <user>', 'all sessions of this user')
    .option('--all', 'all sessions of everyone')
    .action(async (id: string | undefined, { user, all }: RevokeOptions, command: Command) => {
      if ([id, user, all].filter((choice) => choice !== undefined).length !== 1)
        throw new DockpassError('bad_usage', 'say which: an ID, --user USER or --all');
      const count = await withStore(command, async (store) => {
        if (id !== undefined) return revokeOne(store, id);
        if (user !== undefined) return revokeOf(store, await requireUser(store, user));
        return revokeAll(store);
      });
      say(
        `${count} ${count === 1 ? 'session' : 'sessions'} revoked; registry tokens already given out live to their end`,
      );
    });
}

async function revokeOne(store: Store, id: string): Promise<number> {
  const token = (await store.refreshTokens.list()).find((candidate) => candidate.id === id.toLowerCase());
  if (token === undefined) throw noSuchSession(id);
  await change(
    store,
    token.user,
    `session ${token.id} of ${token.user} revoked`,
    async ({ refreshTokens }) => {
      if (!(await refreshTokens.remove(token.hash))) throw noSuchSession(id);
    },
  );
  return 1;
}

function revokeOf(store: Store, user: string): Promise<number> {
  return change(store, user, `all sessions of ${user} revoked`, ({ refreshTokens }) =>
    refreshTokens.removeAllOf(user),
  );
}

function revokeAll(store: Store): Promise<number> {
  return change(store, '', 'all sessions revoked', async ({ refreshTokens }) => {
    let count = 0;
    for (const user of new Set((await refreshTokens.list()).map((token) => token.user)))
      count += await refreshTokens.removeAllOf(user);
    return count;
  });
}

function change<Result>(
  store: Store,
  subject: string,
  what: string,
  work: (ports: Ports) => Promise<Result>,
): Promise<Result> {
  return store.change({ at: Date.now(), subject, what }, work);
}

/** Seconds since the epoch: when it ends, unless it is used before. As identity/refresh-token.ts judges it. */
function endBy({ tokens: { refresh } }: Config): (token: RefreshToken) => number {
  return (token) =>
    Math.min(token.expiresAt, token.createdAt + refresh.absolute, token.lastUse.at + refresh.idle);
}

async function requireUser(store: Store, text: string): Promise<string> {
  const name = toCanonicalName(text);
  if ((await store.users.find(name)) !== undefined) return name;
  throw new DockpassError(
    'no_such_user',
    `there is no user ${JSON.stringify(text.slice(0, 80))}: "dockpass user list" shows all`,
  );
}

function noSuchSession(id: string): DockpassError {
  return new DockpassError(
    'no_such_session',
    `there is no session ${JSON.stringify(id.slice(0, 80))}: "dockpass session list" shows all`,
  );
}

function publicView(token: RefreshToken, end: number) {
  return {
    name: token.id,
    user: token.user,
    host: token.host,
    client: token.client,
    created: formatTime(token.createdAt),
    lastUsed: formatTime(token.lastUse.at),
    lastUsedFrom: token.lastUse.from,
    expires: formatTime(end),
  };
}

function row(token: RefreshToken, end: number): Record<string, string> {
  const { name: id, lastUsed, lastUsedFrom: from, client, ...rest } = publicView(token, end);
  return { id, ...rest, 'last used': lastUsed, from, client: client.slice(0, 60) };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
