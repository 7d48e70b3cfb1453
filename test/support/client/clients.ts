import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { dockerEngine } from './docker-engine.ts';
import { part } from '../run/parts.ts';
import { run, succeeded, type Ran, type RunOptions } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A real client with its own login file and nothing of the machine's settings. */
export interface Client {
  readonly name: string;
  /** Where the program is. */
  readonly command: string;
  readonly directory: string;
  /** The file that its login writes. */
  readonly authFile: string;
  /** What docker calls DOCKER_HOST; docker's client alone has one. */
  readonly engineHost?: string;
  /** Runs it to the end; a failure is an answer to look at. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same for a step that has to work: rejects with what the client said. */
  must(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Logs in, with the password on stdin. */
  login(registry: string, user: string, password: string, ...options: string[]): Promise<Ran>;
}

interface Setup {
  readonly name: string;
  readonly command: string;
  readonly directory: string;
  readonly authFile: string;
  /** Before the subcommand. */
  readonly global?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The words of a login with the password on stdin. */
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

/** docker, on the tests' own engine. Two of them are two people on one machine: each has its own logins. */
export async function dockerClient(): Promise<Client> {
  const engine = await dockerEngine();
  const directory = await temporaryDirectory('docker');
  return client({
    name: 'docker',
    command: part('docker'),
    directory,
    authFile: join(directory, 'config.json'),
    // BuildKit is a part of its own (buildx) that Debian's package lacks.
    env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: directory, DOCKER_BUILDKIT: '0' },
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/** docker whose builds run on BuildKit, which fetches base images and tokens by itself. */
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

/** skopeo. For a certificate of testAuthority: `--dest-cert-dir`, for plain HTTP `--dest-tls-verify=false`. */
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

/** podman, with its images in a directory of its own. */
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
      // No systemd, no overlay: what works on every machine and in every container.
      ...['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
    ],
    env,
    login: (user) => ['login', '--username', user, '--password-stdin'],
  });
}

/** crane. For plain HTTP on other hosts than loopback: `--insecure`. */
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

/** buildah, with its images in a directory of its own. */
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

/** containerd's ctr, on the containerd of the tests' engine, in a namespace of its own. `login` is not for it. */
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
      throw new Error('ctr has no login: use --user');
    },
  });
}

/** regctl. For a certificate of testAuthority: SSL_CERT_FILE, as for every client written in Go. */
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

/** oras. It takes localhost for plain HTTP unless told `--plain-http=false`. */
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

/** helm, for charts in registries. */
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

/** curl, silent but for errors; `login` is not for it: use `-u`. */
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
      throw new Error('curl has no login: use -u');
    },
  });
}

/** What skopeo and podman read beside their arguments, all in the client's own directory. */
async function containersSettings(
  directory: string,
): Promise<{ authFile: string; policy: string; env: Record<string, string> }> {
  const authFile = join(directory, 'auth.json');
  // podman takes no path for the policy, but looks here first.
  const config = join(directory, '.config', 'containers');
  const policy = join(config, 'policy.json');
  const registries = join(config, 'registries.conf');
  await mkdir(config, { recursive: true });
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  // podman wants to see it, though nobody has logged in yet.
  await writeFile(authFile, '{"auths":{}}');
  await writeFile(registries, 'unqualified-search-registries = []\n');
  return {
    authFile,
    policy,
    env: { REGISTRY_AUTH_FILE: authFile, CONTAINERS_REGISTRIES_CONF: registries, TMPDIR: directory },
  };
}
