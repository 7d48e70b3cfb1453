import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The maximum length of a socket's path in bytes: 108 (see unix(7)), minus one for the final NUL. */
const maxPathBytes = 107;

/**
 * Creates the folder `caddy` in `directory`, for the Unix socket of Caddy's administration API. Without this API, a
 * running Caddy cannot load a new configuration. The API uses a socket and not a TCP port, because every local user can
 * connect to a TCP port. Only the user that runs dockpass may enter the folder.
 * @param isShared true if the folder exists, because Caddy runs as another user, and both may enter it
 * @returns the address of the socket in Caddy's notation. The address is relative to `directory`, because the path of a
 *   socket must be short. Returns undefined if the folder belongs to another user, or if its file system does not
 *   support sockets (some shared folders of virtual machines do not).
 */
export async function adminSocket(directory: string, isShared = false): Promise<string | undefined> {
  const folder = join(directory, 'caddy');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isProtected =
    isShared ||
    (await chmod(folder, 0o700).then(
      () => true,
      () => false,
    ));
  return isProtected && (await supportsSockets(join(folder, 'admin.sock')))
    ? 'unix/caddy/admin.sock'
    : undefined;
}

/**
 * Tries to create a socket at `path`, to find out whether the file system supports sockets. If `path` is too long for a
 * socket, this check is not possible, and the result is true. Caddy can use the socket even then, because it gets a
 * shorter, relative path.
 */
function supportsSockets(path: string): Promise<boolean> {
  if (Buffer.byteLength(path) > maxPathBytes) return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer();
    // EADDRINUSE means that a running Caddy uses the socket, or that a killed Caddy left the socket there. In both
    // cases the file system supports sockets.
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen(path, () => server.close(() => resolve(true)));
  });
}
