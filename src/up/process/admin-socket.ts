import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The longest path of a socket, in bytes (unix(7)): 108, less one for the final NUL. */
const maxPathBytes = 107;

/**
 * Prepares a Unix socket for the administration API of Caddy, which is the only way to give a running Caddy a new
 * configuration. The socket is in a folder that only this user may enter; a TCP port would be open to every local user.
 * @returns the address in Caddy's notation. It is relative to `directory`, because the path of a socket must be short.
 *   Undefined if the folder belongs to another user, or if its file system does not support sockets (some shared
 *   folders of virtual machines do not).
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

/** Tries to listen at `path`. If the path is too long for this test, the answer is true: Caddy uses a shorter path. */
function supportsSockets(path: string): Promise<boolean> {
  if (Buffer.byteLength(path) > maxPathBytes) return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer();
    // EADDRINUSE: a running Caddy uses the socket, or a killed one left it there. In both cases sockets are supported.
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen(path, () => server.close(() => resolve(true)));
  });
}
