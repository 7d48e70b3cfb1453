import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import { DockpassError } from '../../errors.ts';

export interface Programs {
  readonly registry: string;
  readonly edge: { readonly kind: 'caddy' | 'nginx'; readonly path: string };
}

export interface ProgramSearch {
  /** The path of the registry program, if the user gave it with `--registry`. */
  readonly registry: string | undefined;
  /** The path of the edge program, if the user gave it with `--edge`. */
  readonly edge: string | undefined;
  /** True if the edge must get certificates by ACME. Caddy can do that, but nginx cannot. */
  readonly acme: boolean;
  /** The value of the environment variable PATH. */
  readonly path: string;
}

/**
 * The folders in which dockpass searches after the folders on PATH. nginx is often in one of them, but many users do
 * not have them on PATH.
 */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Finds the program of the registry and the program of the edge.
 * @param system the operating system, which determines the install commands in the error message: `debian`, `alpine`,
 *   `darwin` …
 * @throws DockpassError `missing_part` if a program is not found; the message contains the commands that install the
 *   missing programs
 * @throws DockpassError `missing_part` if the path of `--registry` or `--edge` is not an executable file
 * @throws DockpassError `bad_usage` if the program of `--edge` is neither Caddy nor nginx, or if it is nginx but `--tls
 *   acme` needs Caddy
 */
export function findPrograms(wanted: ProgramSearch, system: string = thisSystem()): Programs {
  const registry =
    wanted.registry === undefined
      ? findProgram(['registry', 'docker-registry'], wanted.path)
      : requireExecutable('--registry', wanted.registry);
  const edge =
    wanted.edge === undefined
      ? findProgram(['caddy', ...(wanted.acme ? [] : ['nginx'])], wanted.path)
      : requireExecutable('--edge', wanted.edge);
  if (registry === undefined || edge === undefined) {
    const missing = [
      ...(registry === undefined ? ['the registry (registry or docker-registry)'] : []),
      ...(edge === undefined
        ? [wanted.acme ? 'caddy (--tls acme needs it)' : 'an edge (caddy or nginx)']
        : []),
    ];
    const install = installCommands(system, {
      registry: registry === undefined,
      edge: edge === undefined,
      acme: wanted.acme,
    });
    throw new DockpassError(
      'missing_part',
      [
        `not found on this machine: ${missing.join(', and ')}. Install with:`,
        ...install.map((line) => `    ${line}`),
      ].join('\n'),
    );
  }
  return { registry, edge: { kind: kindOf(edge, wanted.acme), path: edge } };
}

function kindOf(path: string, acme: boolean): 'caddy' | 'nginx' {
  const name = basename(path);
  if (name.includes('caddy')) return 'caddy';
  if (!name.includes('nginx'))
    throw new DockpassError(
      'bad_usage',
      `--edge ${path}: the file name contains neither caddy nor nginx. Give the path of one of these programs.`,
    );
  if (acme)
    throw new DockpassError(
      'bad_usage',
      '--tls acme needs Caddy, because nginx cannot get certificates itself. Omit --edge, or use --tls CERTIFICATE,KEY.',
    );
  return 'nginx';
}

function requireExecutable(flag: string, path: string): string {
  const absolute = resolve(path);
  if (isExecutable(absolute)) return absolute;
  throw new DockpassError(
    'missing_part',
    `${flag} ${path}: this is not a program, or this user has no permission to execute it. Check the path and its permissions.`,
  );
}

/** Returns the path of the first program with one of these names. Undefined if there is none. */
export function findProgram(names: readonly string[], path: string): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...systemFolders];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Returns the family of the operating system according to /etc/os-release or Node, for example `debian`, `alpine` or
 * `darwin`. Returns `linux` for an unknown Linux distribution.
 */
function thisSystem(): string {
  if (process.platform !== 'linux') return process.platform;
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap((match) =>
      (match[1] ?? '').split(' '),
    );
    return ['debian', 'alpine', 'fedora', 'arch'].find((family) => ids.includes(family)) ?? 'linux';
  } catch {
    return 'linux';
  }
}

function installCommands(
  system: string,
  missing: { registry: boolean; edge: boolean; acme: boolean },
): string[] {
  const missingPackages = (registry: string, edge: string): string =>
    [...(missing.registry ? [registry] : []), ...(missing.edge ? [edge] : [])].join(' ');
  if (system === 'debian')
    return [
      `sudo apt-get install -y ${missingPackages('docker-registry', missing.acme ? 'caddy' : 'nginx-light')}`,
    ];
  if (system === 'alpine') return [`doas apk add ${missingPackages('docker-registry', 'caddy')}`];
  const registry = missing.registry
    ? [
        'go install github.com/distribution/distribution/v3/cmd/registry@v3.1.1    # then add $(go env GOPATH)/bin to PATH',
      ]
    : [];
  const manager = { fedora: 'sudo dnf install -y', arch: 'sudo pacman -S', darwin: 'brew install' }[system];
  const edge = missing.edge
    ? [manager === undefined ? 'caddy: https://caddyserver.com/docs/install' : `${manager} caddy`]
    : [];
  return [...registry, ...edge];
}
