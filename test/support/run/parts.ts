import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'vitest';
import { childEnvironment, partsDirectory, searchPath } from './environment.ts';

/** Finds a real part on this machine. @returns its path, undefined if it is missing */
type Finder = () => string | undefined;

const installer = 'scripts/install-parts.sh';

const finders = {
  // Debian 12 has 2.8.2, Ubuntu 24.04 2.8.3; a later release of either may bring 3.x under the same name.
  'registry-2.8': () => ofVersion(onPath('docker-registry'), /\b2\.8\.\d/),
  'registry-3.0': () => built('registry-3.0.0'),
  'registry-3.1': () => built('registry-3.1.1'),
  zot: () => built('zot'),
  'zot-2': () => built('zot-2'),
  pebble: () => built('pebble'),
  nginx: () => onPath('nginx'),
  // Debian 12, Debian 13 and Ubuntu 24.04 have 2.6.2.
  caddy: () => onPath('caddy'),
  'caddy-2.10': () => built('caddy-2.10.2'),
  traefik: () => built('traefik') ?? onPath('traefik'),
  haproxy: () => onPath('haproxy'),
  apache: () => onPath('apache2'),
  docker: () => onPath('docker'),
  // The client of engine 20.10 contains BuildKit. Newer clients need the buildx plugin.
  'docker-buildkit': () => [onPath('docker'), executable('/usr/bin/docker')].find(canBuildKit),
  'docker-29': () => built('docker-29'),
  dockerd: () => onPath('dockerd'),
  // Runs with the containerd and runc that are installed with dockerd.
  'dockerd-29': () => built('dockerd-29'),
  skopeo: () => onPath('skopeo'),
  podman: () => onPath('podman'),
  buildah: () => onPath('buildah'),
  // The client of containerd. containerd itself is installed with dockerd.
  ctr: () => onPath('ctr'),
  chromium: () => onPath('chromium'),
  crane: () => built('crane') ?? onPath('crane'),
  regctl: () => built('regctl') ?? onPath('regctl'),
  oras: () => built('oras') ?? onPath('oras'),
  helm: () => built('helm') ?? onPath('helm'),
  kaniko: () => built('kaniko'),
  // Version 1.29 of Debian, or the standalone binary of version 2.
  'docker-compose': () => onPath('docker-compose'),
  'kubernetes-validate': () => built('kubernetes-validate'),
  'check-jsonschema': () => built('check-jsonschema'),
  // scripts/kubernetes contains the source of these programs, which use the code and the types of kubelets.
  'kubelet-1.34': () => built('kubelet-1.34'),
  'kubelet-types-1.33': () => built('kubelet-types-1.33'),
  'kube-apiserver': () => built('kube-apiserver-1.34'),
  etcd: () => onPath('etcd'),
  kubectl: () => onPath('kubectl'),
  // Shells that nodes of Kubernetes clusters have.
  dash: () => onPath('dash'),
  busybox: () => onPath('busybox'),
  bash: () => onPath('bash'),
  curl: () => onPath('curl'),
  htpasswd: () => onPath('htpasswd'),
  openssl: () => onPath('openssl'),
  ip: () => onPath('ip'),
  strace: () => onPath('strace'),
  faketime: () => onPath('faketime'),
  wrk: () => onPath('wrk'),
  zsh: () => onPath('zsh'),
  fish: () => onPath('fish'),
  mandoc: () => onPath('mandoc'),
  'systemd-analyze': () => onPath('systemd-analyze'),
  debootstrap: () => onPath('debootstrap'),
  // scripts/install-parts.sh installs npm 10 next to it.
  'node-20': () => executable(join(partsDirectory, 'nodes/20/node_modules/.bin/node')),
  postgres: () =>
    [15, 16, 17, 18]
      .map((version) => executable(`/usr/lib/postgresql/${version}/bin/postgres`))
      .find(Boolean),
  // The following are not programs, but tests need them too.
  root: isRoot,
  // The path of Perl, if changed-clock.ts can set the clock of a single process.
  'other-clock': () => (process.arch === 'x64' && isRoot() !== undefined ? onPath('perl') : undefined),
  'web-ports': () => (listensOn([80, 443]) ? undefined : 'free'),
  'host-names': () => (onPath('ip') === undefined ? undefined : isRoot()),
} satisfies Record<string, Finder>;

export type PartName = keyof typeof finders;

/**
 * Optional parts: if one is missing, tests are skipped even with CI=true. The parts in `inMatrix` take minutes to build
 * or use, and only `scripts/install-parts.sh --matrix` installs them. Not every engine has BuildKit, and not every
 * machine has systemd, kubectl, or free ports 80 and 443, to which an ACME server connects.
 */
const inMatrix: readonly PartName[] = [
  'docker-29',
  'dockerd-29',
  'traefik',
  'zot',
  'zot-2',
  'kaniko',
  'debootstrap',
  'node-20',
  'kube-apiserver',
];
const optional: readonly PartName[] = [
  ...inMatrix,
  ...(['docker-buildkit', 'pebble', 'web-ports', 'systemd-analyze', 'kubectl'] as const),
];

/** The parts that a private Docker engine needs (test/support/client/docker-engine.ts). */
export const engineParts = ['root', 'dockerd', 'docker', 'ip'] as const satisfies readonly PartName[];

/** The parts that the client and the engine of Docker 29 need. */
export const engine29Parts = [
  'docker-29',
  'dockerd-29',
  ...engineParts,
] as const satisfies readonly PartName[];

const found = new Map<PartName, string | undefined>();

/** Returns the path of a real part. Undefined if the machine does not have it. */
export function findPart(name: PartName): string | undefined {
  if (!found.has(name)) found.set(name, finders[name]());
  return found.get(name);
}

/** Returns the path of a real part. @throws Error with the command that installs it, if it is missing */
export function part(name: PartName): string {
  const path = findPart(name);
  if (path === undefined) throw new Error(reasonWithout(name));
  return path;
}

/** Explains why the tests that need this part cannot run, and how to fix this. */
export function reasonWithout(name: PartName): string {
  if (name === 'root') return 'this needs root, for example for a Docker engine: run the tests as root';
  if (name === 'web-ports') return 'this needs the ports 80 and 443: stop the program that uses them';
  if (name === 'host-names') return 'this changes /etc/hosts: run the tests as root, with `ip` (iproute2)';
  if (name === 'other-clock')
    return 'this sets the clock of one process: run the tests as root, on x86-64, with perl';
  if (name === 'docker-buildkit')
    return 'this docker cannot build with BuildKit: install engine 20.10, or a later one with buildx';
  return `${name} is missing: to install it, run ${installer}${inMatrix.includes(name) ? ' --matrix' : ''}`;
}

/**
 * `describe` for tests that need real parts: `needs('caddy', 'crane')('pull through Caddy', () => { … })`. If a part is
 * missing, the whole block is skipped, with the reason in its title and on the terminal. With CI=true, the block fails
 * instead, because a test that never runs proves nothing. If a missing part is optional, it is still skipped.
 */
export function needs(...names: readonly PartName[]): (title: string, body: () => void) => void {
  const missing = names.filter((name) => findPart(name) === undefined);
  const reasons = missing.map(reasonWithout);
  if (reasons.length === 0) return (title, body) => void describe(title, body);
  if (process.env['CI'] === 'true' && !missing.some((name) => optional.includes(name))) {
    return (title) =>
      void describe(title, () => {
        test('has the parts that it needs', () => {
          throw new Error(reasons.join('\n'));
        });
      });
  }
  return (title, body) => {
    console.warn(`skipped: ${title}\n  ${reasons.join('\n  ')}`);
    describe.skip(`${title} [${reasons.join('; ')}]`, body);
  };
}

/** Whether a program listens on one of these ports, according to /proc (proc(5)). */
function listensOn(ports: readonly number[]): boolean {
  const open = ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')).join('|');
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:(?:${open}) [0-9A-F]+:0000 0A `, 'm');
  return ['/proc/net/tcp', '/proc/net/tcp6'].some(
    (file) => existsSync(file) && listening.test(readFileSync(file, 'utf8')),
  );
}

function isRoot(): string | undefined {
  return process.getuid?.() === 0 ? 'root' : undefined;
}

function onPath(command: string): string | undefined {
  for (const directory of searchPath.split(delimiter)) {
    const path = join(directory, command);
    if (directory !== '' && isExecutable(path)) return path;
  }
  return undefined;
}

function executable(path: string): string | undefined {
  return isExecutable(path) ? path : undefined;
}

function built(name: string): string | undefined {
  const path = join(partsDirectory, 'bin', name);
  return executable(path);
}

function ofVersion(path: string | undefined, version: RegExp): string | undefined {
  if (path === undefined) return undefined;
  const { stdout } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    env: childEnvironment(),
    timeout: 10_000,
  });
  return version.test(stdout) ? path : undefined;
}

function canBuildKit(path: string | undefined): boolean {
  if (path === undefined) return false;
  const env = childEnvironment({ DOCKER_BUILDKIT: '1' });
  const { stdout } = spawnSync(path, ['build', '--help'], { encoding: 'utf8', env, timeout: 10_000 });
  return (stdout ?? '').includes('--secret');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
