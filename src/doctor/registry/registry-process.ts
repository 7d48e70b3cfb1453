import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/**
 * What doctor knows about a registry process on this machine. The data comes from /proc, where Linux shows it only to
 * root and to the user that runs the process.
 */
export interface RegistryProcess {
  readonly configuration: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The version, such as `3.1.1`; undefined if it cannot be determined. */
  readonly version: string | undefined;
}

/**
 * Finds the registry process that listens on the port. Returns undefined if another program listens on the port, or if
 * doctor may not examine the process.
 */
export async function registryProcessOn(port: number): Promise<RegistryProcess | undefined> {
  const sockets = await listeningOn(port);
  if (sockets.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await holdsOne(pid, sockets))) continue;
    const process = await describe(pid).catch(() => undefined);
    if (process !== undefined) return process;
  }
  return undefined;
}

/**
 * Returns the inodes of the sockets that listen on the port. They are in /proc/net/tcp and /proc/net/tcp6 (see
 * proc(5)).
 */
async function listeningOn(port: number): Promise<Set<string>> {
  const found = new Set<string>();
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(suffix) === true && state === '0A' && inode !== undefined) found.add(inode);
    }
  }
  return found;
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const directory = `/proc/${pid}/fd`;
  for (const name of await readdir(directory).catch(() => [])) {
    const target = await readlink(join(directory, name)).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && sockets.has(inode)) return true;
  }
  return false;
}

/**
 * Reads the data of a registry process from /proc. The path of the registry's configuration file is the argument of
 * `registry serve`, or the value of REGISTRY_CONFIGURATION_PATH if there is no argument. Returns undefined for a
 * process in a container, because such a process sees other files than doctor does.
 */
async function describe(pid: string): Promise<RegistryProcess | undefined> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').filter((word) => word !== '');
  if (!basename(words[0] ?? '').includes('registry')) return undefined;
  if (!(await sharesFilesWithUs(pid))) return undefined;
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  const environment = Object.fromEntries(
    variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
  const serve = words.indexOf('serve');
  const argument = serve === -1 ? undefined : words[serve + 1];
  const named = argument ?? environment['REGISTRY_CONFIGURATION_PATH'];
  if (named === undefined || named.startsWith('-')) return undefined;
  return {
    configuration: resolve(await readlink(`/proc/${pid}/cwd`), named),
    environment,
    version: await versionOf(pid),
  };
}

async function sharesFilesWithUs(pid: string): Promise<boolean> {
  for (const link of ['root', 'ns/mnt'])
    if ((await readlink(`/proc/${pid}/${link}`)) !== (await readlink(`/proc/self/${link}`))) return false;
  return true;
}

/**
 * Runs the registry's program with `--version` and reads the version from its output. For safety, doctor runs the
 * program only if root or the current user owns the program file, and no other user can write to this file.
 */
async function versionOf(pid: string): Promise<string | undefined> {
  const program = await readlink(`/proc/${pid}/exe`);
  const { uid, mode } = await stat(program);
  if ((uid !== 0 && uid !== process.getuid?.()) || (mode & 0o022) !== 0) return undefined;
  return new Promise((resolve) =>
    execFile(program, ['--version'], { timeout: 2000, env: {} }, (_error, output) =>
      resolve(/\bv?(\d+\.\d+\.\d+)/.exec(output)?.[1]),
    ),
  );
}
