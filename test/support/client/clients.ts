import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { dockerEngine } from './docker-engine.ts';
import type { EngineName } from './engine-process.ts';
import { part } from '../run/parts.ts';
import { run, succeeded, type Ran, type RunOptions } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A real registry client with its own login file. It does not use the settings of the machine. */
export interface Client {
  readonly name: string;
  /** The path of the program. */
  readonly command: string;
  readonly directory: string;
  /** The file in which the client stores its logins. */
  readonly authFile: string;
  /** The value of DOCKER_HOST, the address of the docker engine. Only the docker clients have one. */
  readonly engineHost?: string;
  /** Runs the client and waits for its exit. An exit status other than 0 does not reject: check `status`. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Like `run`, but rejects with the client's output if the exit status is not 0. */
  must(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Logs in, with the password on stdin. */
  login(registry: string, user: string, password: string, ...options: string[]): Promise<Ran>;
}

interface Setup {
  readonly name: string;
  readonly command: string;
  readonly directory: string;
  readonly authFile: string;
  /** Options that the client needs before the subcommand. */
  readonly global?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The arguments of a login command that reads the password from stdin. */
  readonly login: (user: string) => readonly string[];
}

function client(setup: Setup): Client {
  const { name, directory, authFile } = setup;
  const runIt = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
    run(setup.command, [...(setup.global ?? []), ...args], {
      timeout: 180_000,
      cwd: directory,
      ...options,
      env: { HOME: directory, ...setup.env, ...options.env },
    });
  const engineHost = setup.env['DOCKER_HOST'];
  return {
    name,
    command: setup.command,
    directory,
    authFile,
    ...(engineHost === undefined ? {} : { engineHost }),
    run: runIt,
    must: async (args, options) => succeeded(await runIt(args, options)),
    login: (registry, user, password, ...options) =>
      runIt([...setup.login(user), ...options, registry], { input: password }),
  };
}

/**
 * Creates a docker client for one of the tests' own engines. Each client has its own logins, so two clients act like two
 * users on one machine. Docker 29 has a command line of its own, because older ones ask for a password after a 401.
 */
export async function dockerClient({
  engine: name = 'dockerd',
}: { readonly engine?: EngineName } = {}): Promise<Client> {
  const engine = await dockerEngine(name);
  const directory = await temporaryDirectory('docker');
  return client({
    name: 'docker',
    command: part(name === 'dockerd' ? 'docker' : 'docker-29'),
    directory,
    authFile: join(directory, 'config.json'),
    // BuildKit is off, because it is a separate program (buildx) that the Debian package does not contain.
    env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: directory, DOCKER_BUILDKIT: '0' },
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/** Creates a docker client that builds with BuildKit. BuildKit itself fetches the base images and their tokens. */
export async function buildKitClient(): Promise<Client> {
  const engine = await dockerEngine();
  const directory = await temporaryDirectory('buildkit');
  return client({
    name: 'docker with BuildKit',
    command: part('docker-buildkit'),
    directory,
    authFile: join(directory, 'config.json'),
    env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: directory, DOCKER_BUILDKIT: '1' },
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/**
 * Creates a skopeo client. For a push, pass `--dest-cert-dir` to trust the CA of `testAuthority`, or
 * `--dest-tls-verify=false` to use plain HTTP.
 */
export async function skopeoClient(): Promise<Client> {
  const directory = await temporaryDirectory('skopeo');
  const { authFile, policy, env } = await containersSettings(directory);
  return client({
    name: 'skopeo',
    command: part('skopeo'),
    directory,
    authFile,
    global: ['--policy', policy, '--tmpdir', directory],
    env,
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/** Creates a podman client that stores its images in its own directory. */
export async function podmanClient(): Promise<Client> {
  const directory = await temporaryDirectory('podman');
  const { authFile, env } = await containersSettings(directory);
  return client({
    name: 'podman',
    command: part('podman'),
    directory,
    authFile,
    global: [
      ...[
        '--root',
        join(directory, 'root'),
        '--runroot',
        join(directory, 'run'),
        '--tmpdir',
        join(directory, 'tmp'),
      ],
      // Without systemd and overlay file systems, podman works on every machine and in every container.
      ...['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
    ],
    env,
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/** Creates a crane client. To use plain HTTP with a host that is not loopback, pass `--insecure`. */
export async function craneClient(): Promise<Client> {
  const directory = await temporaryDirectory('crane');
  return client({
    name: 'crane',
    command: part('crane'),
    directory,
    authFile: join(directory, 'config.json'),
    env: { DOCKER_CONFIG: directory },
    login: (user) => ['auth', 'login', '--username', user, '--password-stdin'],
  });
}

/** Creates a buildah client that stores its images in its own directory. */
export async function buildahClient(): Promise<Client> {
  const directory = await temporaryDirectory('buildah');
  const { authFile, env } = await containersSettings(directory);
  return client({
    name: 'buildah',
    command: part('buildah'),
    directory,
    authFile,
    global: [
      ...['--root', join(directory, 'root'), '--runroot', join(directory, 'run')],
      ...['--storage-driver', 'vfs'],
    ],
    env,
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/**
 * Creates a client for ctr, the command of containerd. It uses the containerd of the tests' engine, in its own
 * namespace. ctr has no login command: `login` throws an error.
 */
export async function ctrClient(): Promise<Client> {
  const engine = await dockerEngine();
  const directory = await temporaryDirectory('ctr');
  const socket = join(engine.directory, 'exec', 'containerd', 'containerd.sock');
  return client({
    name: 'ctr',
    command: part('ctr'),
    directory,
    authFile: join(directory, 'none'),
    global: ['--address', socket, '--namespace', basename(directory)],
    env: {},
    login: () => {
      throw new Error('ctr has no login command. Pass --user NAME:PASSWORD with each command instead.');
    },
  });
}

/**
 * Creates a regctl client. To trust the CA of `testAuthority`, set SSL_CERT_FILE, as for every client written in Go.
 */
export async function regctlClient(): Promise<Client> {
  const directory = await temporaryDirectory('regctl');
  const authFile = join(directory, 'regctl.json');
  return client({
    name: 'regctl',
    command: part('regctl'),
    directory,
    authFile,
    env: { REGCTL_CONFIG: authFile },
    login: (user) => ['registry', 'login', '--user', user, '--pass-stdin'],
  });
}

/** Creates an oras client. oras uses plain HTTP for localhost; to use TLS there, pass `--plain-http=false`. */
export async function orasClient(): Promise<Client> {
  const directory = await temporaryDirectory('oras');
  return client({
    name: 'oras',
    command: part('oras'),
    directory,
    authFile: join(directory, 'config.json'),
    env: { DOCKER_CONFIG: directory },
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/** Creates a helm client, for charts that are stored in a registry. */
export async function helmClient(): Promise<Client> {
  const directory = await temporaryDirectory('helm');
  const authFile = join(directory, 'registry.json');
  return client({
    name: 'helm',
    command: part('helm'),
    directory,
    authFile,
    env: { HELM_REGISTRY_CONFIG: authFile },
    login: (user) => ['registry', 'login', '--username', user, '--password-stdin'],
  });
}

/** Creates a curl client that prints errors but no progress. curl has no login command: `login` throws an error. */
export async function curlClient(): Promise<Client> {
  const directory = await temporaryDirectory('curl');
  return client({
    name: 'curl',
    command: part('curl'),
    directory,
    authFile: join(directory, '.netrc'),
    global: ['--disable', '--silent', '--show-error', '--noproxy', '*'],
    env: {},
    login: () => {
      throw new Error('curl has no login command. Pass -u NAME:PASSWORD with each request instead.');
    },
  });
}

/** Writes the settings files of skopeo, podman and buildah to the client's own directory. */
async function containersSettings(
  directory: string,
): Promise<{ authFile: string; policy: string; env: Record<string, string> }> {
  const authFile = join(directory, 'auth.json');
  // podman has no option for the path of policy.json, but it looks in this directory first.
  const config = join(directory, '.config', 'containers');
  const policy = join(config, 'policy.json');
  const registries = join(config, 'registries.conf');
  await mkdir(config, { recursive: true });
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  // podman requires this file to exist, even before the first login.
  await writeFile(authFile, '{"auths":{}}');
  await writeFile(registries, 'unqualified-search-registries = []\n');
  return {
    authFile,
    policy,
    env: { REGISTRY_AUTH_FILE: authFile, CONTAINERS_REGISTRIES_CONF: registries, TMPDIR: directory },
  };
}
