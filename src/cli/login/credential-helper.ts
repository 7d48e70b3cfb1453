import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DockpassError, messageOf } from '../../errors.ts';
import { Secret } from '../../secret.ts';

/**
 * The protocol of docker's credential helpers (https://github.com/docker/docker-credential-helpers): the program
 * `docker-credential-NAME` is called with `store`, `get` or `erase`, and reads its input from stdin.
 */

/** The time that a helper may take in milliseconds. It is long, because a helper can ask a person to unlock a store. */
const timeoutMs = 60_000;

/**
 * Returns the name of the credential helper that docker's configuration names for the host of a server, such as
 * `desktop`. Returns undefined if there is none.
 */
export async function findHelper(origin: string): Promise<string | undefined> {
  const folder = process.env['DOCKER_CONFIG'] || join(homedir(), '.docker');
  const config = await readFile(join(folder, 'config.json'), 'utf8')
    .then(
      (text) => JSON.parse(text) as unknown,
      () => undefined,
    )
    .catch(() => undefined);
  if (typeof config !== 'object' || config === null) return undefined;
  const { credHelpers, credsStore } = config as { credHelpers?: unknown; credsStore?: unknown };
  const { host } = new URL(origin);
  const ofHost =
    typeof credHelpers === 'object' ? (credHelpers as Record<string, unknown> | null)?.[host] : undefined;
  const name = typeof ofHost === 'string' ? ofHost : credsStore;
  return typeof name === 'string' && /^[\w.-]+$/.test(name) ? name : undefined;
}

/**
 * Stores a token, and checks that the helper returns it.
 * @throws DockpassError `login_store`
 */
export async function storeInHelper(
  helper: string,
  origin: string,
  user: string,
  token: Secret,
): Promise<void> {
  const entry = { ServerURL: keyOf(origin), Username: user, Secret: token.reveal() };
  await call(helper, 'store', JSON.stringify(entry));
  const stored = await getFromHelper(helper, origin);
  if (stored.reveal() !== token.reveal())
    throw new DockpassError('login_store', `docker-credential-${helper} did not store the token`);
}

/** Returns the stored token. @throws DockpassError `login_store` */
export async function getFromHelper(helper: string, origin: string): Promise<Secret> {
  const answer = await call(helper, 'get', keyOf(origin));
  try {
    const { Secret: secret } = JSON.parse(answer) as { Secret?: unknown };
    if (typeof secret === 'string' && secret !== '') return new Secret(secret);
  } catch {
    // The answer is not JSON. It is not shown, because it may contain the token.
  }
  throw new DockpassError(
    'login_store',
    `docker-credential-${helper} returned no token for ${origin}. Run "dockpass login ${origin}" again.`,
  );
}

/** Removes a stored token. If there is none, this is not an error. @throws DockpassError `login_store` */
export async function eraseFromHelper(helper: string, origin: string): Promise<void> {
  try {
    await call(helper, 'erase', keyOf(origin));
  } catch (error) {
    if (!messageOf(error).includes(notFound)) throw error;
  }
}

/** The text with which every helper reports that it has no entry. */
const notFound = 'credentials not found in native keychain';

/** The key of the entry. It differs from the key of `docker login`, which is the host alone. */
function keyOf(origin: string): string {
  return `${origin}/auth/api/v1/`;
}

function call(helper: string, action: 'store' | 'get' | 'erase', input: string): Promise<string> {
  const program = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new DockpassError('login_store', `"${program} ${action}" failed: ${why}`));
    const child = spawn(program, [action], { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', (error) => fail(messageOf(error)));
    child.on('close', (status) => {
      if (status === 0) resolve(output);
      // A helper writes its error message to stdout. Without an error, stdout can contain the token.
      else fail(output.trim().slice(0, 300) || `exit status ${status ?? 'unknown'}`);
    });
    // The helper may end without reading its input. It then reports its own error.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
