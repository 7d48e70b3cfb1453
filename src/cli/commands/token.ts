import { Argument, Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { createSecretToken } from '../../identity/token/secret-token.ts';
import { toCanonicalName, parseNewTokenName } from '../../identity/user-name.ts';
import type { AccessToken, OnlyRight, Ports } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { formatOnly, onlyOption, readDuration } from '../only-option.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';
import { noSuchUser } from './user.ts';

export function tokenCommand(): Command {
  return new Command('token')
    .description('access tokens: they go where a password goes, and can be less than their user')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

interface CreateOptions {
  readonly user: string;
  readonly only?: readonly OnlyRight[];
  readonly expires: string;
}

function createCommand(): Command {
  return new Command('create')
    .description('make one and print it, once: it cannot be shown again')
    .addArgument(nameArgument())
    .requiredOption('--user <user>', 'whose it is; it never holds more than its user')
    .addOption(onlyOption())
    .option('--expires <duration>', 'how long it is good: 12h, 90d, never', '90d')
    .action(async (text: string, options: CreateOptions, command: Command) => {
      const name = parseNewTokenName(text);
      const user = toCanonicalName(options.user);
      const at = Date.now();
      const createdAt = Math.floor(at / 1000);
      const expiresAt =
        options.expires === 'never' ? null : createdAt + readDuration('--expires', options.expires);
      const { text: secret, token } = createSecretToken('dpp_', 20);
      const only = options.only ?? null;
      const row: AccessToken = { hash: token.hash, name, user, only, createdAt, expiresAt, lastUse: null };
      const what = `access token ${name} of ${user} created for ${formatOnly(only)}`;
      await withStore(command, (store) =>
        store.change({ at, subject: user, what }, async (ports) => {
          await requireUser(ports, user);
          if (!(await ports.accessTokens.add(row))) throw nameTaken(name, user);
        }),
      );
      say(`log in with the name ${user} and, as the password, this token (shown only now):`);
      print(secret.reveal());
      say(expiresAt === null ? 'it does not expire' : `it expires at ${formatTime(expiresAt)}`);
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('all of them, or those of one user')
    .option('--user <user>', 'the user')
    .option('--json', 'for programs')
    .action(async (options: { user?: string; json?: boolean }, command: Command) => {
      const tokens = await withStore(command, async (store) => {
        if (options.user === undefined) return store.accessTokens.list();
        const user = toCanonicalName(options.user);
        await requireUser(store, user);
        return store.accessTokens.list(user);
      });
      if (options.json === true) printJson(tokens.map(publicView));
      else printTable(tokens.map((token) => row(token)));
    });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('refuse one for good, with the next request')
    .addArgument(nameArgument())
    .requiredOption('--user <user>', 'whose it is')
    .action(async (text: string, options: { user: string }, command: Command) => {
      const [name, user] = [toCanonicalName(text), toCanonicalName(options.user)];
      const what = `access token ${name} of ${user} revoked`;
      await withStore(command, (store) =>
        store.change({ at: Date.now(), subject: user, what }, async (ports) => {
          await requireUser(ports, user);
          if (!(await ports.accessTokens.remove(user, name))) throw noSuchToken(name, user);
        }),
      );
      say(`${name} of ${user} is refused from now on; registry tokens already given out live to their end`);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', "the token's name");
}

async function requireUser({ users }: Pick<Ports, 'users'>, name: string): Promise<void> {
  if ((await users.find(name)) === undefined) throw noSuchUser(name);
}

function nameTaken(name: string, user: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `${user} has a token named ${name} already: choose another name, or "dockpass token revoke ${name} --user ${user}" first`,
  );
}

function noSuchToken(name: string, user: string): DockpassError {
  return new DockpassError(
    'no_such_token',
    `${user} has no token named ${JSON.stringify(name.slice(0, 80))}: "dockpass token list --user ${user}" shows those there are`,
  );
}

/** What may be shown: everything but the secret's hash. */
function publicView({ name, user, only, createdAt, expiresAt, lastUse }: AccessToken) {
  return {
    name,
    user,
    only,
    state: expiresAt !== null && expiresAt * 1000 <= Date.now() ? 'expired' : 'active',
    created: formatTime(createdAt),
    expires: expiresAt === null ? null : formatTime(expiresAt),
    lastUsed: lastUse === null ? null : formatTime(lastUse.at),
    lastUsedFrom: lastUse?.from ?? null,
  };
}

function row(token: AccessToken) {
  const { name, user, state, expires, lastUsed, lastUsedFrom } = publicView(token);
  return {
    name,
    user,
    only: formatOnly(token.only),
    state,
    expires: expires ?? 'never',
    'last used': lastUsed === null ? 'never' : `${lastUsed} from ${lastUsedFrom}`,
  };
}
