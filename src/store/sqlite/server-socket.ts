import { constants } from 'node:fs';
import { chmod, mkdtemp, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Announcement, FoundServers } from '../ports/running-servers.ts';

/** The maximum length of a socket's path in bytes: 108 (see unix(7)), minus one for the final NUL. */
const maxPathBytes = 107;
const timeoutMs = 3000;
/**
 * The maximum number of characters that a command reads from the socket of a server. The description of a server with
 * 100,000 policy rules is shorter.
 */
const maxLength = 64 * 1024 * 1024;

/** The path of the Unix socket at which the server that uses this database can be asked for its settings. */
export function serverSocket(database: string): string {
  return `${database}-server`;
}

/**
 * Creates a Unix socket next to the database. It answers each connection with the text that `describe` returns. If the
 * server is killed, the socket accepts no connections any more, so a command never reads the settings of a server that
 * no longer runs. If another server of this database has a socket, this one replaces it.
 * @throws Error if the file system supports no sockets
 */
export async function announceAtSocket(database: string, describe: () => string): Promise<Announcement> {
  const path = serverSocket(database);
  const server = createServer((socket) => {
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.end(describe());
  });
  // Only the user of the server may connect. A socket is created with the permissions of the umask, so it is created in
  // a folder that only this user may enter, and moved when its permissions are right.
  const folder = await mkdtemp(`${path}-`);
  try {
    const created = join(folder, 's');
    await withShortPath(created, (short) => listen(server, short));
    await chmod(created, 0o600);
    await rename(created, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(join(folder, 's'), { force: true });
    await rmdir(folder);
  }
  server.unref();
  const { ino } = await stat(path);
  return {
    changed: async () => {},
    end: async () => {
      const now = await stat(path).catch(() => undefined);
      // A server that started later may have replaced the socket.
      if (now?.ino === ino) await rm(path, { force: true });
      server.close();
    },
  };
}

/**
 * Asks the server that uses this database for its description. Ignores a socket that belongs neither to the owner of the
 * database nor to root, because another user may have created it.
 */
export async function findAtSocket(database: string): Promise<FoundServers> {
  try {
    const [socket, file] = await Promise.all([stat(serverSocket(database)), stat(database)]);
    if (socket.uid !== file.uid && socket.uid !== 0)
      return { descriptions: [], fault: `${serverSocket(database)} belongs to another user` };
    const text = await withShortPath(serverSocket(database), (path) => read(connect(path)));
    return { descriptions: text === '' ? [] : [text], fault: undefined };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED';
    return { descriptions: [], fault: isMissing ? undefined : messageOf(error) };
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
}

function read(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the running server does not answer')));
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > maxLength) socket.destroy(new Error('the answer of the running server is too long'));
    });
    socket.once('error', reject);
    socket.once('end', () => resolve(text));
  });
}

/**
 * Calls `work` with a path to the file at `path` that is short enough for a socket. If `path` itself is too long, this
 * is a path below `/proc`, which only Linux has.
 */
async function withShortPath<Result>(path: string, work: (path: string) => Promise<Result>): Promise<Result> {
  if (Buffer.byteLength(path) <= maxPathBytes) return work(path);
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await work(`/proc/self/fd/${folder.fd}/${basename(path)}`);
  } finally {
    await folder.close();
  }
}
