import { chmod, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** What the path of a socket may have (unix(7)); one byte is for its end. */
const maxPathBytes = 107;

/**
 * Caddy takes a new configuration over its administration alone. On a socket in a folder that nobody else may enter,
 * that is no port for anybody. The answer is in Caddy's spelling and seen from `directory`, because the path of a
 * socket is short. Undefined where the folder is another's, or its file system holds no sockets, as some
 * shared folders of virtual machines do.
 */
export async function adminSocket(directory: string): Promise<string | undefined> {
  const folder = join(directory, 'caddy');
  await mkdir(folder, { recursive: true });
  const isOurs = await chmod(folder, 0o700).then(
    () => true,
    () => false,
  );
  return isOurs && (await holdsSockets(join(folder, 'admin.sock'))) ? 'unix/caddy/admin.sock' : undefined;
}

function holdsSockets(path: string): Promise<boolean> {
  if (Buffer.byteLength(path) > maxPathBytes) return Promise.resolve(true);
  return new Promise((settle) => {
    const server = createServer();
    // In use by a Caddy that runs, or left by one that was killed.
    server.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'EADDRINUSE'));
    server.listen(path, () => server.close(() => settle(true)));
  });
}
