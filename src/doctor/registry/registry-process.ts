import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** A registry that runs on this machine, as /proc shows it to whoever may look (Linux; its own user, or root). */
export interface RegistryProcess {
  readonly configuration: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Whoever listens on the port, if it is a registry and may be looked at. */
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

/** Inodes of sockets that listen (proc(5), /proc/net/tcp). */
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

/** `registry serve FILE`, or REGISTRY_CONFIGURATION_PATH. A process in a container sees other files: left alone. */
async function describe(pid: string): Promise<RegistryProcess | undefined> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').filter((word) => word !== '');
  if (!basename(words[0] ?? '').includes('registry')) return undefined;
  const [theirs, ours] = [await readlink(`/proc/${pid}/root`), await readlink('/proc/self/root')];
  const [theirMounts, ourMounts] = [
    await readlink(`/proc/${pid}/ns/mnt`),
    await readlink('/proc/self/ns/mnt'),
  ];
  if (theirs !== ours || theirMounts !== ourMounts) return undefined;
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  const environment = Object.fromEntries(
    variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
  const named = words[words.indexOf('serve') + 1] ?? environment['REGISTRY_CONFIGURATION_PATH'];
  if (named === undefined || named.startsWith('-')) return undefined;
  return { configuration: resolve(await readlink(`/proc/${pid}/cwd`), named), environment };
}
