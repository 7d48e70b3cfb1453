import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DockpassError, messageOf } from '../errors.ts';

// Checks that run before anything is written or started, so that a start that must fail changes nothing.

export interface NeededPort {
  readonly port: number;
  readonly host: string;
  /** Who needs the port, as the subject of a sentence: `the edge`. */
  readonly what: string;
  /** How to resolve a conflict: one or two sentences. */
  readonly fix: string;
}

/**
 * @throws DockpassError `port_in_use` if this process cannot listen on a port; `bad_configuration` if two need the same
 */
export async function ensurePortsFree(ports: readonly NeededPort[]): Promise<void> {
  const users = new Map<number, string>();
  for (const { port, what, fix, host } of ports) {
    const other = users.get(port);
    if (other !== undefined)
      throw new DockpassError(
        'bad_configuration',
        `port ${port} is configured for ${other} and for ${what}. ${fix}`,
      );
    users.set(port, what);
    await tryToListen(port, host).catch((cause: unknown) => {
      throw new DockpassError('port_in_use', `${reason(port, cause)}, and ${what} needs it. ${fix}`, {
        cause,
      });
    });
  }
}

function reason(port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} is in use`;
  if (code === 'EACCES') return `this user may not listen on port ${port}`;
  return `cannot listen on port ${port} (${messageOf(error)})`;
}

function tryToListen(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

export interface NeededDirectory {
  readonly path: string;
  /** What the directory is for, to be followed by its path: `the key directory`. */
  readonly what: string;
  /** The setting or flag that names another directory. */
  readonly setting: string;
}

/**
 * Directories that do not exist yet are fine if they can be created.
 * @throws DockpassError `data_directory` with the command that fixes the problem
 */
export async function ensureWritable(directories: readonly NeededDirectory[]): Promise<void> {
  for (const { path, what, setting } of directories) {
    const existing = await nearestExisting(path);
    const problem = await problemOf(existing);
    if (problem === undefined) continue;
    const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    const fix =
      problem === notADirectory
        ? 'Move it away'
        : existing === path || path.startsWith(join(existing, 'docker'))
          ? `Run "sudo chown -R ${owner} ${path}"`
          : `Run "sudo mkdir -p ${path} && sudo chown -R ${owner} ${path}"`;
    const subject = existing === path ? problem : `${existing}: ${problem}`;
    throw new DockpassError(
      'data_directory',
      `cannot write ${what} ${path} (${subject}). ${fix}, or choose another directory with ${setting}.`,
    );
  }
}

/**
 * The directories of a registry's storage that must be writable. If the registry ran as another user before, the top
 * directory may be writable although those inside are not.
 */
export function storageFolders(storage: string): string[] {
  return [
    storage,
    join(storage, 'docker/registry/v2/repositories'),
    join(storage, 'docker/registry/v2/blobs'),
  ];
}

/** The path itself or its nearest parent that exists. A path that this user may not look at counts as existing. */
async function nearestExisting(path: string): Promise<string> {
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
