import { Argument, Command } from 'commander';
import { createAccessToken, listAccessTokens, revokeAccessToken } from '../../admin/access-tokens.ts';
import { systemClock } from '../../clock.ts';
import { formatPatternActions } from '../../admin/right-text.ts';
import type { AccessToken, OnlyRight } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { readDuration } from '../duration-option.ts';
import { onlyOption } from '../only-option.ts';
import { formatTime, print, printJson, printTable, say } from '../output.ts';

export function tokenCommand(): Command {
  return new Command('token')
    .description('Manage access tokens: a user logs in with one in place of the password')
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
    .description('Create an access token and print it once')
    .addArgument(nameArgument())
    .requiredOption('--user <user>', 'the owner; the token never holds more rights than its owner')
    .addOption(onlyOption())
    .option('--expires <duration>', 'how long it is valid: 12h, 90d, never', '90d')
    .action(async (name: string, { user, only, expires }: CreateOptions, command: Command) => {
      const expiresIn = expires === 'never' ? null : readDuration('--expires', expires);
      const { token, secret } = await withStore(command, (store) =>
        createAccessToken(store, systemClock, { name, user, only: only ?? null, expiresIn }),
      );
      say(`log in with the name ${token.user} and this token as the password (it is shown only once):`);
      print(secret.reveal());
      say(token.expiresAt === null ? 'it does not expire' : `it expires at ${formatTime(token.expiresAt)}`);
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('List all access tokens, or those of one user')
    .option('--user <user>', 'list only the tokens of this user')
    .option('--json', 'print JSON')
    .action(async (options: { user?: string; json?: boolean }, command: Command) => {
      const tokens = await withStore(command, (store) => listAccessTokens(store, options.user));
      if (options.json === true) printJson(tokens.map(publicView));
      else printTable(tokens.map(row));
    });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('Revoke an access token; it is invalid from the next request on')
    .addArgument(nameArgument())
    .requiredOption('--user <user>', 'the owner')
    .action(async (text: string, options: { user: string }, command: Command) => {
      const { name, user } = await withStore(command, (store) =>
        revokeAccessToken(store, systemClock, { name: text, user: options.user }),
      );
      say(
        `token ${name} of ${user} is revoked; registry tokens that were issued for it stay valid until they expire`,
      );
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'the name of the token');
}

/** An access token as `--json` shows it: without the hash of the secret. */
function publicView({ name, user, only, createdAt, expiresAt, lastUse }: AccessToken) {
  return {
    name,
    user,
    only,
    state: expiresAt !== null && expiresAt * 1000 <= systemClock() ? 'expired' : 'active',
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
    only: formatPatternActions(token.only),
    state,
    expires: expires ?? 'never',
    'last used': lastUsed === null ? 'never' : `${lastUsed} from ${lastUsedFrom}`,
  };
}
