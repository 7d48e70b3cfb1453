import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cleanClone } from './clone.ts';
import { partsDirectory } from '../run/environment.ts';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { mustRun, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Whoever has just installed the system: may use sudo, and has cloned dockpass into their home. */
const person = 'person';
const home = `/home/${person}`;

/**
 * A Debian 12 as it comes, with nothing on it but sudo, Node 20 and the npm that Node 20 brings. Its files and processes
 * are its own; the network is this machine's, so that clients of the tests reach what it serves.
 */
export interface FreshMachine {
  /** A command in the clone, as the person. Rejects where it fails. */
  must(command: string, input?: string): Promise<Ran>;
  /** The same for what goes on until it is stopped. */
  start(command: string): Promise<Running>;
}

export async function freshMachine(): Promise<FreshMachine> {
  const root = await temporaryDirectory('fresh');
  await mustRun(
    part('debootstrap'),
    ['--variant=minbase', '--include=ca-certificates,sudo', 'bookworm', root],
    { timeout: 300_000 },
  );
  await bringNode(root);
  await mustRun('chroot', [root, 'useradd', '--create-home', '--shell', '/bin/bash', person]);
  await writeFile(join(root, 'etc/sudoers.d', person), `${person} ALL=(ALL) NOPASSWD: ALL\n`, {
    mode: 0o440,
  });
  const clone = join(home, 'dockpass');
  await cp(await cleanClone(), join(root, clone), { recursive: true, verbatimSymlinks: true });
  await mustRun('chroot', [root, 'chown', '--recursive', `${person}:`, home]);
  const variables = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `HOME=${home}`,
    ...(await howItReachesTheNetwork(root)),
  ];
  // A process namespace of its own: whatever it starts ends with it.
  const enter = (command: string): string[] => [
    ...['--mount', '--pid', '--fork', '--kill-child', 'bash', '-c'],
    'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot --userspec="$1" "$0" env --ignore-environment "${@:3}" bash -c "$2"',
    ...[root, person, `cd ${clone} && exec ${command}`],
    ...variables,
  ];
  return {
    must: (command, input) => mustRun('unshare', enter(command), { ...(input !== undefined && { input }) }),
    start: (command) => start('unshare', enter(command), { name: command }),
  };
}

/** Into /usr/local, as Node's own archive is unpacked there. */
async function bringNode(root: string): Promise<void> {
  const modules = join(partsDirectory, 'node-20/node_modules');
  const local = join(root, 'usr/local');
  await mkdir(join(local, 'lib/node_modules'), { recursive: true });
  await cp(join(modules, 'node/bin/node'), join(local, 'bin/node'));
  await cp(join(modules, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, `bin/${name}`));
}

/** How this machine finds names, and which certificates it trusts. @returns environment variables */
async function howItReachesTheNetwork(root: string): Promise<string[]> {
  for (const file of ['/etc/resolv.conf', '/etc/hosts'])
    await cp(file, join(root, file), { dereference: true });
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  if (certificates === undefined) return [];
  await mkdir(dirname(join(root, certificates)), { recursive: true });
  await cp(certificates, join(root, certificates), { dereference: true });
  return [`NODE_EXTRA_CA_CERTS=${certificates}`];
}
