import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cleanClone } from './clone.ts';
import { partsDirectory } from '../run/environment.ts';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { mustRun, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** The user of the new machine. This user may use sudo and has a clone of dockpass in the home directory. */
const userName = 'person';
const home = `/home/${userName}`;

/**
 * A minimal Debian 12 with sudo, CA certificates, Node 20 and the npm that comes with Node 20. It has its own files and
 * processes. It shares the network of this machine, so that the clients of the tests can reach its servers.
 */
export interface FreshMachine {
  /** Runs a command in the clone of dockpass, as an ordinary user with sudo. Rejects if the command fails. */
  must(command: string, input?: string): Promise<Ran>;
  /** Starts a command in the clone of dockpass that runs until it is stopped. */
  start(command: string): Promise<Running>;
}

export async function freshMachine(): Promise<FreshMachine> {
  const root = await temporaryDirectory('fresh');
  await mustRun(
    part('debootstrap'),
    ['--variant=minbase', '--include=ca-certificates,sudo', 'bookworm', root],
    { timeout: 300_000 },
  );
  await installNode(root);
  await mustRun('chroot', [root, 'useradd', '--create-home', '--shell', '/bin/bash', userName]);
  await writeFile(join(root, 'etc/sudoers.d', userName), `${userName} ALL=(ALL) NOPASSWD: ALL\n`, {
    mode: 0o440,
  });
  const clone = join(home, 'dockpass');
  await cp(await cleanClone(), join(root, clone), { recursive: true, verbatimSymlinks: true });
  await mustRun('chroot', [root, 'chown', '--recursive', `${userName}:`, home]);
  const variables = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `HOME=${home}`,
    ...(await copyNetworkSettings(root)),
  ];
  // Each command runs in its own process namespace. When the command ends, the kernel kills all processes in it.
  const enter = (command: string): string[] => [
    ...['--mount', '--pid', '--fork', '--kill-child', 'bash', '-c'],
    'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot --userspec="$1" "$0" env --ignore-environment "${@:3}" bash -c "$2"',
    ...[root, userName, `cd ${clone} && exec ${command}`],
    ...variables,
  ];
  return {
    must: (command, input) => mustRun('unshare', enter(command), { ...(input !== undefined && { input }) }),
    start: (command) => start('unshare', enter(command), { name: command }),
  };
}

/** Copies Node.js and npm to /usr/local, where users unpack the official Node.js archive. */
async function installNode(root: string): Promise<void> {
  const modules = join(partsDirectory, 'nodes/20/node_modules');
  const local = join(root, 'usr/local');
  await mkdir(join(local, 'lib/node_modules'), { recursive: true });
  await cp(join(modules, '.bin/node'), join(local, 'bin/node'), { dereference: true });
  await cp(join(modules, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, `bin/${name}`));
}

/**
 * Copies the files with which this machine resolves host names, and its extra CA certificates, to the new machine.
 * @returns the environment variables that the new machine needs to use these certificates
 */
async function copyNetworkSettings(root: string): Promise<string[]> {
  for (const file of ['/etc/resolv.conf', '/etc/hosts'])
    await cp(file, join(root, file), { dereference: true });
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  if (certificates === undefined) return [];
  await mkdir(dirname(join(root, certificates)), { recursive: true });
  await cp(certificates, join(root, certificates), { dereference: true });
  return [`NODE_EXTRA_CA_CERTS=${certificates}`];
}
