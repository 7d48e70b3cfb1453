import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import { DockpassError } from '../../errors.ts';

export interface Programs {
  readonly registry: string;
  readonly edge: { readonly kind: 'caddy' | 'nginx'; readonly path: string };
}

export interface WantedPrograms {
  /** Paths given by hand. */
  readonly registry: string | undefined;
  readonly edge: string | undefined;
  /** nginx gets no certificates by itself. */
  readonly acme: boolean;
  /** The environment's PATH. */
  readonly path: string;
}

/** nginx is in a place that is not on every person's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @throws DockpassError `missing_part` naming everything that is missing, with the command that installs it. */
export function findPrograms(wanted: WantedPrograms, system: string = thisSystem()): Programs {
  const registry =
    wanted.registry === undefined
      ? find(['registry', 'docker-registry'], wanted.path)
      : given('--registry', wanted.registry);
  const edge =
    wanted.edge === undefined
      ? find(['caddy', ...(wanted.acme ? [] : ['nginx'])], wanted.path)
      : given('--edge', wanted.edge);
  if (registry === undefined || edge === undefined) {
    const missing = [
      ...(registry === undefined ? ['the registry (registry or docker-registry)'] : []),
      ...(edge === undefined
        ? [wanted.acme ? 'caddy, which gets certificates by ACME' : 'an edge (caddy or nginx)']
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
        `not on this machine: ${missing.join(', and ')}. Install with:`,
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
    throw new DockpassError('bad_usage', `--edge ${path}: neither caddy nor nginx by its name`);
  if (acme)
    throw new DockpassError(
      'bad_usage',
      '--tls acme needs Caddy: nginx gets no certificates by itself. Leave --edge out, or give --tls CERTIFICATE,KEY',
    );
  return 'nginx';
}

function given(flag: string, path: string): string {
  const whole = resolve(path);
  if (isExecutable(whole)) return whole;
  throw new DockpassError('missing_part', `${flag} ${path}: there is no program that may be run`);
}

function find(names: readonly string[], path: string): string | undefined {
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

/** `debian`, `alpine`, `darwin` and the like. */
function thisSystem(): string {
  if (process.platform !== 'linux') return process.platform;
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap((match) =>
      (match[1] ?? '').split(' '),
    );
    return ['debian', 'alpine', 'fedora', 'arch'].find((system) => ids.includes(system)) ?? 'linux';
  } catch {
    return 'linux';
  }
}

function installCommands(
  system: string,
  missing: { registry: boolean; edge: boolean; acme: boolean },
): string[] {
  const pick = (registry: string, edge: string): string =>
    [...(missing.registry ? [registry] : []), ...(missing.edge ? [edge] : [])].join(' ');
  if (system === 'debian')
    return [`sudo apt-get install -y ${pick('docker-registry', missing.acme ? 'caddy' : 'nginx-light')}`];
  if (system === 'alpine') return [`doas apk add ${pick('docker-registry', 'caddy')}`];
  const registry = missing.registry
    ? [
        'go install github.com/distribution/distribution/v3/cmd/registry@v3.1.1    # and put $(go env GOPATH)/bin on PATH',
      ]
    : [];
  const manager = { fedora: 'sudo dnf install -y', arch: 'sudo pacman -S', darwin: 'brew install' }[system];
  const edge = missing.edge
    ? [manager === undefined ? 'caddy: https://caddyserver.com/docs/install' : `${manager} caddy`]
    : [];
  return [...registry, ...edge];
}
