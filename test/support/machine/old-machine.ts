import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCaddy, type Caddy } from '../edge/caddy.ts';
import { dockerClient, type Client } from '../client/clients.ts';
import { knownContainer } from '../client/container.ts';
import { trustInDocker } from '../client/docker-trust.ts';
import { hosts } from '../run/hosts.ts';
import { startNginx, type Nginx } from '../edge/nginx.ts';
import { part } from '../run/parts.ts';
import { freePorts } from '../run/ports.ts';
import { untilHttp } from '../process/ready.ts';
import type { RecipeOptions } from '../docs/recipe.ts';
import { prepareBaseImages } from '../registry/base-images.ts';
import { startRegistry, type Registry, type RegistryVersion } from '../registry/registry.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { testAuthority, type TestAuthority } from '../tls/tls.ts';

// Simulates a machine that has a registry but no dockpass yet. Its /etc and /var are in a directory of the test. A
// registry and a TLS proxy run like services, docker trusts their certificate, and a user has a docker client.

export interface OldMachine {
  readonly docker: Client;
  readonly authority: TestAuthority;
  /** The port on which the TLS proxy listens. */
  readonly tlsPort: number;
  /** A second free port for TLS, for documentation pages that need one. */
  readonly otherTlsPort: number;
  /** The address of the registry, `127.0.0.1:PORT`. */
  readonly registry: string;
  /** A free address for a second registry next to the first one, `127.0.0.1:PORT`. */
  readonly secondRegistry: string;
  /** `registry.example.test:PORT` */
  readonly privately: string;
  /** `hub.example.test:PORT` */
  readonly publicly: string;
  /** Returns the real path of `etc/…` or `var/…` on the simulated machine. */
  path(below: string): string;
  write(below: string, text: string): Promise<void>;
  /** Writes an htpasswd file with one user. It is created by `htpasswd -B`, so the password hash is bcrypt. */
  writeHtpasswd(below: string, name: string, password: string): Promise<void>;
  startRegistry(version: RegistryVersion): Promise<void>;
  /**
   * Runs a `docker run` command of a documentation page, which starts the registry in a container called `registry`,
   * and waits until it answers.
   */
  startRegistryContainer(command: string): Promise<void>;
  /** Waits until the container `registry-dockpass` answers, which a documentation page started as the second registry. */
  untilSecondRegistry(): Promise<void>;
  /** Starts a registry that itself serves TLS, on `tlsPort`. */
  startRegistryOnTls(version: RegistryVersion): Promise<void>;
  startNginx(): Promise<void>;
  startCaddy(): Promise<void>;
  /** Options for `openRecipe`: environment variables, services and programs of the simulated machine. */
  readonly recipe: Required<Pick<RecipeOptions, 'env' | 'service' | 'programs'>>;
}

export async function oldMachine(): Promise<OldMachine> {
  const root = await temporaryDirectory('machine');
  const [
    registryPort = 0,
    secondPort = 0,
    dockpassPort = 0,
    operationsPort = 0,
    eventsPort = 0,
    tlsPort = 0,
    otherTlsPort = 0,
  ] = await freePorts(7);
  const path = (below: string): string => join(root, below);
  for (const folder of ['docker/registry', 'nginx/conf.d', 'ssl/registry', 'caddy', 'systemd/system'])
    await mkdir(path(`etc/${folder}`), { recursive: true });

  const registryFile = path('etc/docker/registry/config.yml');
  // As in the package docker-registry of Debian.
  await mkdir(path('lib/systemd/system'), { recursive: true });
  await writeFile(
    path('lib/systemd/system/docker-registry.service'),
    `[Service]\nUser=docker-registry\nExecStart=/usr/bin/docker-registry serve ${registryFile}\n`,
  );

  const authority = await testAuthority();
  const certificate = await authority.issue([hosts.private, hosts.otherPublic]);
  await copyFile(certificate.certificateFile, path('etc/ssl/registry/fullchain.pem'));
  await copyFile(certificate.keyFile, path('etc/ssl/registry/privkey.pem'));
  const privately = `${hosts.private}:${tlsPort}`;
  const publicly = `${hosts.otherPublic}:${tlsPort}`;
  for (const name of [privately, publicly, `${hosts.otherPublic}:${otherTlsPort}`])
    await trustInDocker(name, authority.certificateFile);

  const docker = await dockerClient();
  const running: { registry?: Registry; nginx?: Nginx; caddy?: Caddy; version: RegistryVersion } = {
    version: '3.1',
  };
  const runRegistry = async (): Promise<void> => {
    await running.registry?.process.stop();
    const config = await readFile(registryFile, 'utf8');
    const storage = path('var/lib/registry');
    running.registry = await startRegistry(running.version, { config, port: registryPort, storage });
  };
  const adminSocket = `unix/${path('caddy.sock')}`;
  // In a test, Caddy must not open its admin port or get certificates by itself.
  const readCaddyfile = async (): Promise<string> =>
    `{\n\tadmin ${adminSocket}\n\tauto_https off\n}\n${await readFile(path('etc/caddy/Caddyfile'), 'utf8')}`;
  const services: Readonly<Record<string, () => Promise<void>>> = {
    'restart docker-registry': runRegistry,
    'stop docker-registry': async () => void (await running.registry?.process.stop()),
    'reload caddy': async () => {
      if (running.caddy === undefined) throw new Error('caddy does not run');
      const { configFile, directory } = running.caddy;
      await writeFile(configFile, await readCaddyfile());
      const args = ['reload', '--adapter', 'caddyfile', '--config', configFile, '--address', adminSocket];
      await mustRun(part('caddy'), args, { env: { HOME: directory } });
    },
    'enable --now registry-dockpass': async () => {
      const unit = await readFile(path('etc/systemd/system/registry-dockpass.service'), 'utf8');
      const file = /^ExecStart=\S+ serve (.*)$/m.exec(unit)?.[1] ?? '';
      const storage = path('var/lib/registry');
      await startRegistry(running.version, {
        config: await readFile(file, 'utf8'),
        port: secondPort,
        storage,
      });
    },
    'reload nginx': async () => {
      if (running.nginx === undefined) throw new Error('nginx does not run');
      await running.nginx.reload();
    },
  };
  const recipeEnv = {
    DOCKER_HOST: docker.engineHost ?? '',
    DOCKER_CONFIG: docker.directory,
    CURL_CA_BUNDLE: authority.certificateFile,
    // On a real machine, the default ports of dockpass would be free. Here, tests use other ports.
    DOCKPASS_LISTEN: `127.0.0.1:${dockpassPort}`,
    DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operationsPort}`,
    DOCKPASS_EVENTS_LISTEN: `127.0.0.1:${eventsPort}`,
    DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registryPort}`,
  };
  const nginxMain = path('etc/nginx/nginx.conf');
  const include = `include ${path('etc/nginx/conf.d')}/*.conf;`;
  await writeFile(nginxMain, `pid ${path('test.pid')};\nevents {}\nhttp { ${include} }\n`);
  return {
    docker,
    authority,
    tlsPort,
    otherTlsPort,
    registry: `127.0.0.1:${registryPort}`,
    secondRegistry: `127.0.0.1:${secondPort}`,
    privately,
    publicly,
    path,
    write: (below, text) => writeFile(path(below), text),
    writeHtpasswd: async (below, name, password) => {
      await mustRun(part('htpasswd'), ['-iBc', path(below), name], { input: `${password}\n` });
    },
    startRegistry: async (version) => {
      running.version = version;
      await runRegistry();
    },
    startRegistryContainer: async (command) => {
      await prepareBaseImages(docker, ['registry:3']);
      for (const name of ['registry', 'registry-dockpass']) knownContainer(docker, name);
      await mustRun('bash', ['-euc', command], { env: recipeEnv });
      await untilHttp(`http://127.0.0.1:${registryPort}/v2/`);
    },
    untilSecondRegistry: async () => {
      await untilHttp(`http://127.0.0.1:${secondPort}/v2/`, { status: 401 });
    },
    startRegistryOnTls: async (version) => {
      running.version = version;
      running.registry = await startRegistry(version, {
        config: await readFile(registryFile, 'utf8'),
        port: tlsPort,
        storage: path('var/lib/registry'),
        // By default, `startRegistry` sets a loopback address. As in the configuration file, this registry must listen
        // on all addresses.
        env: { REGISTRY_HTTP_ADDR: `:${tlsPort}` },
      });
    },
    startNginx: async () => {
      running.nginx = await startNginx({ http: include, port: tlsPort });
    },
    startCaddy: async () => {
      running.caddy = await startCaddy({ caddyfile: await readCaddyfile(), port: tlsPort });
    },
    recipe: {
      env: recipeEnv,
      programs: { nginx: ['/usr/bin/env', part('nginx'), '-e', 'stderr', '-p', root, '-c', nginxMain] },
      service: async (verb, unit) => {
        const action = services[`${verb} ${unit}`];
        if (action === undefined) throw new Error(`this test does not support systemctl ${verb} ${unit}`);
        await action();
      },
    },
  };
}

/**
 * Returns a registry configuration similar to that of the Debian package.
 * @param htpasswd the path of an htpasswd file; if undefined, the registry requires no login
 */
export function oldRegistryConfig(htpasswd?: string): string {
  const auth =
    htpasswd === undefined ? '' : `auth:\n  htpasswd:\n    realm: registry\n    path: ${htpasswd}\n`;
  return `version: 0.1
log: { level: warn, accesslog: { disabled: true } }
${auth}storage:
  filesystem: { rootdirectory: /var/lib/registry }
http:
  addr: 127.0.0.1:5000
  relativeurls: true
`;
}
