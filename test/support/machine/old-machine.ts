import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCaddy, type Caddy } from '../edge/caddy.ts';
import { dockerClient, type Client } from '../client/clients.ts';
import { trustInDocker } from '../client/docker-trust.ts';
import { hosts } from '../run/hosts.ts';
import { startNginx, type Nginx } from '../edge/nginx.ts';
import { part } from '../run/parts.ts';
import { freePorts } from '../run/ports.ts';
import { untilHttp } from '../process/ready.ts';
import type { RecipeOptions } from '../docs/recipe.ts';
import { startRegistry, type Registry, type RegistryVersion } from '../registry/registry.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { testAuthority, type TestAuthority } from '../tls/tls.ts';

// A machine as people have it before dockpass: /etc and /var below a directory of the test, a registry and a proxy that
// run as services, a certificate that docker trusts, and a person with docker.

export interface OldMachine {
  readonly docker: Client;
  readonly authority: TestAuthority;
  /** Where the TLS proxy listens, and a second port, if the recipe wants one. */
  readonly tlsPort: number;
  readonly otherTlsPort: number;
  /** `registry.example.test:PORT` */
  readonly privately: string;
  /** `hub.example.test:PORT` */
  readonly publicly: string;
  /** `etc/…` or `var/…` on this machine. */
  path(below: string): string;
  write(below: string, text: string): Promise<void>;
  /** An htpasswd file as `htpasswd -B` makes it. */
  writeHtpasswd(below: string, name: string, password: string): Promise<void>;
  startRegistry(version: RegistryVersion): Promise<void>;
  /** A registry that is its own TLS door, on `tlsPort`. */
  startRegistryOnTls(version: RegistryVersion): Promise<void>;
  startNginx(): Promise<void>;
  startCaddy(): Promise<void>;
  /** For the recipe: its shells' environment, services, programs, and where its /etc and /var are. */
  readonly recipe: Required<Pick<RecipeOptions, 'env' | 'service' | 'programs'>>;
}

export async function oldMachine(): Promise<OldMachine> {
  const root = await temporaryDirectory('machine');
  const [registryPort = 0, dockpassPort = 0, operationsPort = 0, tlsPort = 0, otherTlsPort = 0] =
    await freePorts(5);
  const path = (below: string): string => join(root, below);
  for (const folder of ['docker/registry', 'nginx/conf.d', 'ssl/registry', 'caddy'])
    await mkdir(path(`etc/${folder}`), { recursive: true });

  const authority = await testAuthority();
  const certificate = await authority.issue([hosts.private, hosts.otherPublic]);
  await copyFile(certificate.certificateFile, path('etc/ssl/registry/fullchain.pem'));
  await copyFile(certificate.keyFile, path('etc/ssl/registry/privkey.pem'));
  const privately = `${hosts.private}:${tlsPort}`;
  const publicly = `${hosts.otherPublic}:${tlsPort}`;
  for (const name of [privately, publicly, `${hosts.otherPublic}:${otherTlsPort}`])
    await trustInDocker(name, authority.certificateFile);

  const docker = await dockerClient();
  const registryFile = path('etc/docker/registry/config.yml');
  const running: { registry?: Registry; nginx?: Nginx; caddy?: Caddy; version: RegistryVersion } = {
    version: '3.1',
  };
  const runRegistry = async (): Promise<void> => {
    await running.registry?.process.stop();
    const config = await readFile(registryFile, 'utf8');
    const storage = path('var/lib/registry');
    running.registry = await startRegistry(running.version, { config, port: registryPort, storage });
  };
  const runCaddy = async (): Promise<void> => {
    await running.caddy?.process.stop();
    const caddyfile = await readFile(path('etc/caddy/Caddyfile'), 'utf8');
    // What a test's Caddy must not do; the file that we generate says so by itself.
    const own = caddyfile.startsWith('{') || caddyfile.includes('admin off');
    const options = '{\n\tadmin off\n\tauto_https off\n}\n';
    running.caddy = await startCaddy({ caddyfile: own ? caddyfile : options + caddyfile, port: tlsPort });
  };
  const services: Readonly<Record<string, () => Promise<void>>> = {
    'restart docker-registry': runRegistry,
    'stop docker-registry': async () => void (await running.registry?.process.stop()),
    'restart caddy': runCaddy,
    'reload nginx': async () => {
      running.nginx?.process.signal('SIGHUP');
      await untilHttp(`https://127.0.0.1:${tlsPort}/auth/jwks`, { status: 200 });
    },
  };
  const nginxMain = path('etc/nginx/nginx.conf');
  const include = `include ${path('etc/nginx/conf.d')}/*.conf;`;
  await writeFile(nginxMain, `pid ${path('test.pid')};\nevents {}\nhttp { ${include} }\n`);
  return {
    docker,
    authority,
    tlsPort,
    otherTlsPort,
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
    startRegistryOnTls: async (version) => {
      running.version = version;
      running.registry = await startRegistry(version, {
        config: await readFile(registryFile, 'utf8'),
        port: tlsPort,
        storage: path('var/lib/registry'),
        // All addresses, as the file says: the harness would choose loopback.
        env: { REGISTRY_HTTP_ADDR: `:${tlsPort}` },
      });
    },
    startNginx: async () => {
      running.nginx = await startNginx({ http: include, port: tlsPort });
    },
    startCaddy: runCaddy,
    recipe: {
      env: {
        DOCKER_HOST: docker.engineHost ?? '',
        DOCKER_CONFIG: docker.directory,
        CURL_CA_BUNDLE: authority.certificateFile,
        // The ports that a machine of its own has free for dockpass.
        DOCKPASS_LISTEN: `127.0.0.1:${dockpassPort}`,
        DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operationsPort}`,
        DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registryPort}`,
      },
      programs: { nginx: ['/usr/bin/env', part('nginx'), '-e', 'stderr', '-p', root, '-c', nginxMain] },
      service: async (verb, unit) => {
        const act = services[`${verb} ${unit}`];
        if (act === undefined) throw new Error(`a test has no way to ${verb} ${unit}`);
        await act();
      },
    },
  };
}

/** As Debian's package brings it, more or less; with an htpasswd file, or asking nobody for anything. */
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
