import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DockpassError, messageOf } from '../errors.ts';

// What can be known to fail is looked at before anything is made or started.

export interface WantedPort {
  readonly port: number;
  readonly host: string;
  readonly what: string;
  readonly mend: string;
}

/** @throws DockpassError `port_in_use` */
export async function ensurePortsFree(wanted: readonly WantedPort[]): Promise<void> {
  const taken = new Map<number, string>();
  for (const { port, what, mend, host } of wanted) {
    const other = taken.get(port);
    if (other !== undefined)
      throw new DockpassError(
        'bad_configuration',
        `port ${port} is wanted by ${other} and by ${what}: ${mend}`,
      );
    taken.set(port, what);
    await tryToListen(port, host).catch((cause: unknown) => {
      throw new DockpassError('port_in_use', `${reason(port, cause)}, and ${what} needs it: ${mend}`, {
        cause,
      });
    });
  }
}

function reason(port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} is in use`;
  if (code === 'EACCES') return `port ${port} is not open to this user`;
  return `cannot listen on port ${port} (${messageOf(error)})`;
}

function tryToListen(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

export interface WantedDirectory {
  readonly path: string;
  readonly what: string;
  readonly setting: string;
}

/** @throws DockpassError `data_directory` naming the command that mends it. */
export async function ensureWritable(wanted: readonly WantedDirectory[]): Promise<void> {
  for (const { path, what, setting } of wanted) {
    const existing = await nearestThatExists(path);
    const fault = await faultOf(existing);
    if (fault === undefined) continue;
    const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    const mend =
      fault === 'not a folder'
        ? 'move it away'
        : existing === path || path.startsWith(join(existing, 'docker'))
          ? `sudo chown -R ${owner} ${path}`
          : `sudo mkdir -p ${path} && sudo chown -R ${owner} ${path}`;
    throw new DockpassError(
      'data_directory',
      `cannot write ${what} ${path}${existing === path ? '' : ` (${existing} is there)`}, ${fault}: ${mend}, or name another folder with ${setting}`,
    );
  }
}

/** A registry that ran as another user leaves folders inside which only that user may write. */
export function storageFolders(storage: string): string[] {
  return [
    storage,
    join(storage, 'docker/registry/v2/repositories'),
    join(storage, 'docker/registry/v2/blobs'),
  ];
}

async function nearestThatExists(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) =>
    error instanceof Error && 'code' in error && error.code === 'EACCES' ? true : undefined,
  );
  return found !== undefined || dirname(path) === path ? path : nearestThatExists(dirname(path));
}

async function faultOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return (await stat(path)).isDirectory() ? undefined : 'not a folder';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EROFS') return 'on a read-only file system';
    return (await stat(path).then(
      (found) => found.isDirectory(),
      () => true,
    ))
      ? 'not permitted'
      : 'not a folder';
  }
}
