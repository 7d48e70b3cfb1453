import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The maximum length of a socket's path in bytes: 108 (see unix(7)), minus one for the final NUL. */
const maxPathBytes = 107;

/**
 * Prepares a Unix socket for the administration API of Caddy. Only this API can give a running Caddy a new
 * configuration. The socket is in a folder that only this user may enter; a TCP port would be open to every local user.
 * @returns the address of the socket in Caddy's notation. The address is relative to `directory`, because the path of a
 *   socket must be short. Returns undefined if the folder belongs to another user, or if its file system does not
 *   support sockets (some shared folders of virtual machines do not).
 */
export async function adminSocket(directory: string): Promise<string | undefined> {
  const folder = join(directory, 'caddy');
  await mkdir(folder, { recursive: true });
  const isOwned = await chmod(folder, 0o700).then(
    () => true,
    () => false,
  );
  return isOwned && (await supportsSockets(join(folder, 'admin.sock'))) ? 'unix/caddy/admin.sock' : undefined;
}

/**
 * Checks whether the file system supports sockets, by listening at `path`. If the path is too long for a socket,
 * returns true without checking, because Caddy uses a shorter, relative path.
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
