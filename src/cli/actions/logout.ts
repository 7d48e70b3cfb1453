import type { Command } from 'commander';
import { DockpassError, messageOf } from '../../errors.ts';
import {
  findStoredLogin,
  listStoredServers,
  readToken,
  removeStoredLogin,
  type StoredLogin,
} from '../login/stored-logins.ts';
import { say } from '../output.ts';
import { openApi, pathOf } from '../remote/api-client.ts';
import { bearer } from '../remote/open-server.ts';
import { serverOf } from './login.ts';

/**
 * Revokes the token of a stored login, and removes the login from this machine. If the server cannot be reached, the
 * login is removed anyway, and the exit status is 1.
 */
export async function logOut(text: string | undefined, command: Command): Promise<void> {
  const server = serverOf(text, command) ?? (await onlyServer());
  const { origin } = server;
  const login = await findStoredLogin(origin);
  if (login === undefined) throw new DockpassError('not_logged_in', `there is no stored login for ${origin}`);
  const fault = await revoke(server, login).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
  await removeStoredLogin(origin);
  if (fault === undefined) {
    say(`logged out of ${origin}: the access token ${login.tokenName} of ${login.user} is revoked`);
    return;
  }
  throw new DockpassError(
    'server_unreachable',
    `the login for ${origin} is removed from this machine, but its token is not revoked: ${fault}\nTo revoke it, run "dockpass token revoke ${login.tokenName} --user ${login.user}" on the server.`,
  );
}

/** Returns the server if exactly one is stored. @throws DockpassError `bad_usage`, `not_logged_in` */
async function onlyServer(): Promise<URL> {
  const [first, ...others] = await listStoredServers();
  if (first === undefined)
    throw new DockpassError('not_logged_in', 'there is no stored login on this machine');
  if (others.length === 0) return new URL(first);
  throw new DockpassError(
    'bad_usage',
    `name the server, because there are several logins: ${[first, ...others].join(', ')}`,
  );
}

/** Codes that say that the token is revoked or has expired already. */
const goneCodes: ReadonlySet<string> = new Set(['no_such_token', 'wrong_credentials']);

async function revoke(server: URL, login: StoredLogin): Promise<void> {
  const token = await readToken(server.origin, login);
  const api = openApi(server, { ...bearer(token, 'the stored token'), hint: '' });
  try {
    await api.send('DELETE', pathOf('tokens', login.tokenId), { isChange: false });
  } catch (error) {
    if (!(error instanceof DockpassError) || !goneCodes.has(error.code)) throw error;
  } finally {
    api.close();
  }
}
