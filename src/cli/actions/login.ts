import { hostname } from 'node:os';
import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { maxNameLength, toCanonicalName } from '../../identity/user-name.ts';
import { Secret } from '../../secret.ts';
import { storeLogin } from '../login/stored-logins.ts';
import { promptPassword, readStdin } from '../new-password.ts';
import { say } from '../output.ts';
import { openApi, pathOf, type ApiClient } from '../remote/api-client.ts';
import { chosenServer } from '../remote/chosen-server.ts';
import type { Fields } from '../remote/fields.ts';
import { isReadableInNetwork, parseServerUrl } from '../remote/server-url.ts';
import { openTerminal } from '../terminal/terminal.ts';

export interface LoginOptions {
  readonly user?: string;
  readonly passwordStdin?: boolean;
}

/** How long the token of a login is valid. */
const lifetime = '90d';

/** Logs in to a server with a name and a password, and stores a token for later commands. */
export async function logIn(
  text: string | undefined,
  options: LoginOptions,
  command: Command,
): Promise<void> {
  const server = serverOf(text, command);
  if (server === undefined)
    throw new DockpassError(
      'bad_usage',
      'give the address of the server, such as dockpass login https://registry.example.com',
    );
  if (isReadableInNetwork(server))
    say(
      `warning: ${server.origin} uses plain HTTP. Others in the network can read the password and the token. Use HTTPS.`,
    );
  const user = toCanonicalName(options.user ?? (await askForName()));
  const password = await readPassword(options);
  const api = openApi(server, basic(user, password));
  try {
    await createAndStore(api, user);
  } finally {
    api.close();
  }
}

/** Returns the server that a command line names as an argument, with `--url`, or in DOCKPASS_URL. */
export function serverOf(text: string | undefined, command: Command): URL | undefined {
  if (text !== undefined) return parseServerUrl(text, 'the server');
  const chosen = chosenServer(command);
  return chosen && parseServerUrl(chosen.text, chosen.source);
}

async function createAndStore(api: ApiClient, user: string): Promise<void> {
  const name = `cli@${machineName(hostname())}`;
  const created = await createToken(api, user, name);
  const [id, expires] = [created.text('id'), created.textOrNull('expires')];
  let stored: Awaited<ReturnType<typeof storeLogin>>;
  try {
    const login = { user: created.text('user'), tokenId: id, tokenName: name, expires };
    stored = await storeLogin(api.origin, login, new Secret(created.text('secret')));
  } catch (error) {
    // No one could use the token, and `dockpass logout` would not know it.
    await api.send('DELETE', pathOf('tokens', id), { isChange: false }).catch(() => undefined);
    throw error;
  }
  if (stored.warning !== undefined) say(`warning: ${stored.warning}`);
  const end = expires === null ? 'It does not expire.' : `It is valid until ${expires}.`;
  say(`logged in to ${api.origin} as ${user}. The access token ${name} is stored in ${stored.where}. ${end}`);
  say(`To use this server, set DOCKPASS_URL=${api.origin}, or add --url ${api.origin} to a command.`);
}

/** Creates an access token for the API. An older token of the same name is revoked first. */
async function createToken(api: ApiClient, user: string, name: string): Promise<Fields> {
  const body = { user, name, expires: lifetime, api: true, description: 'created by dockpass login' };
  const create = async (): Promise<Fields> =>
    (await api.send('POST', '/tokens', { body, isChange: false })).body;
  try {
    return await create();
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code !== 'already_exists') throw error;
  }
  const older = (await api.list('/tokens', { user })).find((token) => token.text('name') === name);
  if (older !== undefined) await api.send('DELETE', pathOf('tokens', older.text('id')), { isChange: false });
  return create();
}

/** Converts the name of this machine into a text that the name of an access token can end with. */
export function machineName(host: string): string {
  const allowed = host.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
  const shortened = allowed.slice(0, maxNameLength - 'cli@'.length).replace(/[^a-z0-9]+$/, '');
  return shortened === '' ? 'machine' : shortened;
}

function basic(user: string, password: Secret) {
  return {
    header: `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`,
    source: `the name ${user} with this password`,
    hint: 'Check the name and the password.',
  };
}

async function askForName(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new DockpassError(
      'bad_usage',
      'cannot ask for the name, because there is no terminal: give --user',
    );
  const terminal = openTerminal();
  try {
    const name = (await terminal.ask('User: '))?.trim() ?? '';
    if (name === '') throw new DockpassError('not_confirmed', 'no name was typed, so nothing was changed');
    return name;
  } finally {
    terminal.close();
  }
}

async function readPassword({ passwordStdin }: LoginOptions): Promise<Secret> {
  if (passwordStdin === true) return readStdin();
  if (!process.stdin.isTTY)
    throw new DockpassError(
      'bad_usage',
      'cannot ask for the password, because there is no terminal: give --password-stdin',
    );
  return promptPassword('Password: ');
}
