import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DockpassError, messageOf } from '../errors.ts';
import { isCode } from '../files/error-code.ts';
import { formatListen, localAddressOf, type ListenAddress } from '../net/listen-address.ts';
import { listenAt } from '../net/listen-at.ts';

// `dockpass up` runs the checks in this file before it writes or starts anything. If a check fails, `dockpass up` exits
// without having changed anything.

export interface NeededPort {
  readonly port: number;
  readonly host: string;
  /** The component that needs the port, worded as the subject of a sentence, for example `the edge`. */
  readonly what: string;
  /** The environment variable that sets the port. */
  readonly variable: string;
  /** Sentences that say how to resolve a port conflict. */
  readonly fix: string;
}

/**
 * Checks that this process can listen on each of the ports.
 * @param operations the operations address. If a port is in use and another dockpass answers at this address, the
 *   message says that dockpass is already running
 * @throws DockpassError `port_in_use` if this process cannot listen on a port; `bad_configuration` if the configuration
 *   gives the same port to two components
 */
export async function ensurePortsFree(
  ports: readonly NeededPort[],
  operations?: ListenAddress,
): Promise<void> {
  const users = new Map<number, string>();
  for (const { port, what, fix, host } of ports) {
    const other = users.get(port);
    if (other !== undefined)
      throw new DockpassError(
        'bad_configuration',
        `port ${port} is configured for ${other} and for ${what}. ${fix}`,
      );
    users.set(port, what);
    await tryToListen({ port, host }).catch(async (cause: unknown) => {
      if (operations !== undefined && isCode(cause, 'EADDRINUSE') && (await isDockpass(operations)))
        throw new DockpassError('port_in_use', alreadyRunning(port, what, operations, ports), { cause });
      throw new DockpassError('port_in_use', `${reason(port, cause)}, and ${what} needs it. ${fix}`, {
        cause,
      });
    });
  }
}

function reason(port: number, error: unknown): string {
  if (isCode(error, 'EADDRINUSE')) return `port ${port} is in use`;
  if (isCode(error, 'EACCES')) return `this user has no permission to listen on port ${port}`;
  return `cannot listen on port ${port} (${messageOf(error)})`;
}

/** How long to wait for the answer of a program that may be dockpass. */
const answerTimeoutMs = 1000;

/** Returns true if dockpass answers at this operations address. */
async function isDockpass(operations: ListenAddress): Promise<boolean> {
  try {
    const url = `http://${formatListen(localAddressOf(operations))}/readyz`;
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(answerTimeoutMs) });
    const body = (await answer.json()) as Readonly<Record<string, unknown>> | null;
    return typeof body?.['status'] === 'string' && Array.isArray(body['faults']);
  } catch {
    return false;
  }
}

function alreadyRunning(
  port: number,
  what: string,
  operations: ListenAddress,
  ports: readonly NeededPort[],
): string {
  const variables = ports.map(({ variable }) => variable).join(', ');
  return `another dockpass is already running: port ${port}, which ${what} needs, is in use, and dockpass answers at http://${formatListen(localAddressOf(operations))}. Use the running dockpass, or stop it first. To run a second one, start it in another folder with other ports. Set them with ${variables}.`;
}

async function tryToListen(address: ListenAddress): Promise<void> {
  const server = createServer();
  await listenAt(server, address);
  await new Promise((resolve) => server.close(resolve));
}

/** Returns true if this process can listen at this address. */
export function canListen(address: ListenAddress): Promise<boolean> {
  return tryToListen(address).then(
    () => true,
    () => false,
  );
}

export interface NeededDirectory {
  readonly path: string;
  /** The purpose of the directory, for example `the key directory`. Error messages show this text before the path. */
  readonly what: string;
  /** The setting or flag with which the user can choose another directory. */
  readonly setting: string;
}

/**
 * Checks that this process can write to each directory. If a directory does not exist, checks that this process can
 * create the directory.
 * @throws DockpassError `data_directory` with instructions to fix the problem
 */
export async function ensureWritable(directories: readonly NeededDirectory[]): Promise<void> {
  for (const { path, what, setting } of directories) {
    const existing = await nearestExisting(path);
    const problem = await problemOf(existing);
    if (problem === undefined) continue;
    const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    const fix =
      problem === notADirectory
        ? `Move ${existing} away`
        : existing === path || path.startsWith(join(existing, 'docker'))
          ? `Run "sudo chown -R ${owner} ${path}"`
          : `Run "sudo mkdir -p ${path} && sudo chown -R ${owner} ${path}"`;
    const subject = existing === path ? problem : `${existing}: ${problem}`;
    throw new DockpassError(
      'data_directory',
      `cannot write to ${what} ${path} (${subject}). ${fix}, or choose another directory with ${setting}.`,
    );
  }
}

/**
 * Returns the directories of a registry's storage that must be writable: the storage directory and two directories
 * inside it. Checking only the storage directory is not enough, because another user may have created the two inner
 * directories.
 */
export function storageFolders(storage: string): string[] {
  return [
    storage,
    join(storage, 'docker/registry/v2/repositories'),
    join(storage, 'docker/registry/v2/blobs'),
  ];
}

/**
 * Returns the path itself if it exists. Otherwise returns the nearest parent directory that exists. A path also counts
 * as existing if the current user has no permission to find out whether it exists.
 */
export async function nearestExisting(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) =>
    error instanceof Error && 'code' in error && error.code === 'EACCES' ? true : undefined,
  );
  return found !== undefined || dirname(path) === path ? path : nearestExisting(dirname(path));
}

const notADirectory = 'not a directory';

async function problemOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return (await stat(path)).isDirectory() ? undefined : notADirectory;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EROFS') return 'read-only file system';
    return (await stat(path).then(
      (found) => found.isDirectory(),
      () => true,
    ))
      ? 'permission denied'
      : notADirectory;
  }
}
