import { chmod, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { DockpassError, messageOf } from '../../errors.ts';
import { readSecretFile, replaceFile } from '../../files/atomic-file.ts';
import { Secret } from '../../secret.ts';

/** What `dockpass login` stores about one server. */
export interface StoredLogin {
  readonly user: string;
  /** The access token on the server, so that `dockpass logout` can revoke it. */
  readonly tokenId: string;
  readonly tokenName: string;
  /** When the token expires, such as `2026-11-22T10:00:00Z`. Null if it never expires. */
  readonly expires: string | null;
  /** The name of the credential helper of docker that has the token, such as `desktop`. */
  readonly helper?: string;
  /** The token. Missing if a credential helper has it. */
  readonly token?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the path of the file with the stored logins. It follows the XDG Base Directory Specification. */
export function loginFile(environment: Environment = process.env): string {
  const folder = environment['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(folder) ? folder : join(homedir(), '.config'), 'dockpass', 'logins.json');
}

/** Returns the origins of the servers with a stored login. */
export async function listStoredServers(): Promise<string[]> {
  return Object.keys(await readLogins());
}

/** Returns the stored login of a server. @param origin such as `https://registry.example.com` */
export async function findStoredLogin(origin: string): Promise<StoredLogin | undefined> {
  const logins = await readLogins();
  return Object.hasOwn(logins, origin) ? logins[origin] : undefined;
}

/** Returns the token of a stored login. @throws DockpassError `login_store` */
export async function readToken(origin: string, { token, helper }: StoredLogin): Promise<Secret> {
  if (token !== undefined) return new Secret(token);
  if (helper === undefined) throw damaged(`the login for ${origin} has no token`);
  const { getFromHelper } = await import('./credential-helper.ts');
  return getFromHelper(helper, origin);
}

/**
 * Stores the login of a server, in place of an earlier one. The token goes to the credential helper of docker if
 * docker's configuration names one for the host, and otherwise to a file that only the user can read.
 * @returns where the token is stored, for a message
 * @throws DockpassError `login_store`, `data_directory`
 */
export async function storeLogin(
  origin: string,
  login: Omit<StoredLogin, 'helper' | 'token'>,
  token: Secret,
): Promise<{ readonly where: string; readonly warning: string | undefined }> {
  const { findHelper, storeInHelper } = await import('./credential-helper.ts');
  const helper = await findHelper(origin);
  let warning: string | undefined;
  if (helper !== undefined) {
    try {
      await storeInHelper(helper, origin, login.user, token);
      await writeLogins({ ...(await readLogins()), [origin]: { ...login, helper } });
      return { where: `the credential helper docker-credential-${helper}`, warning };
    } catch (error) {
      warning = `cannot use the credential helper of docker: ${messageOf(error)}`;
    }
  }
  await writeLogins({ ...(await readLogins()), [origin]: { ...login, token: token.reveal() } });
  return { where: `${loginFile()} (mode 0600)`, warning };
}

/** Removes the stored login of a server. @throws DockpassError `login_store`, `data_directory` */
export async function removeStoredLogin(origin: string): Promise<void> {
  const { [origin]: login, ...others } = await readLogins();
  if (login?.helper !== undefined) {
    const { eraseFromHelper } = await import('./credential-helper.ts');
    await eraseFromHelper(login.helper, origin);
  }
  await writeLogins(others);
}

type Logins = Readonly<Record<string, StoredLogin>>;

async function readLogins(): Promise<Logins> {
  const text = await readSecretFile(loginFile());
  if (text === undefined) return {};
  try {
    const { servers } = JSON.parse(text) as { servers?: unknown };
    if (typeof servers === 'object' && servers !== null) return servers as Logins;
  } catch {
    // The text is not JSON.
  }
  throw damaged('it is not valid JSON with the member "servers"');
}

async function writeLogins(servers: Logins): Promise<void> {
  const path = loginFile();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(() => {
    // The write below reports the error.
  });
  await replaceFile(path, `${JSON.stringify({ servers }, null, 2)}\n`, 0o600);
  // The umask can only remove permissions, but a file system can ignore the mode of a new file.
  await chmod(path, 0o600).catch(() => {});
}

function damaged(what: string): DockpassError {
  return new DockpassError(
    'login_store',
    `cannot read ${loginFile()}: ${what}. Remove the file, and run "dockpass login" again.`,
  );
}
