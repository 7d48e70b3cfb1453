import { writeFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  buildahClient,
  buildKitClient,
  craneClient,
  ctrClient,
  curlClient,
  dockerClient,
  helmClient,
  orasClient,
  podmanClient,
  regctlClient,
  skopeoClient,
  type Client,
} from './clients.ts';
import type { EngineName } from './engine-process.ts';
import { kanikoAdapter } from './kaniko.ts';
import { handMadeImage, importImage, type HandMadeImage } from '../registry/image.ts';
import { engine29Parts, engineParts, type PartName } from '../run/parts.ts';
import { rawRegistryClient } from '../registry/raw-registry.ts';
import { mustRun, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

// For each client, this table has the commands with which a user logs in, pushes and pulls. The tests that use the
// table say what the results must be.

/** The CA that a client on this machine must trust, and the registries for which it must trust this CA. */
export interface Trust {
  readonly certificateDirectory: string;
  readonly certificateFile: string;
  /** `HOST:PORT` of each registry with a certificate of this CA. */
  readonly hosts: readonly string[];
}

/** A user of a registry client. At the start, the user is not logged in. */
export interface Person {
  /**
   * Logs in. If the client cannot store a login, the adapter stores the login and passes it with each later command.
   * Then the status is always 0, because no request is sent to the registry.
   */
  login(host: string, user: string, password: string): Promise<Ran>;
  /** Pushes a new small image (or chart, or file) under this name. Its content differs from all other pushes. */
  push(name: string): Promise<Ran>;
  /** Pulls the image with this name. The client has no local copy of the image when the pull starts. */
  pull(name: string): Promise<Ran>;
  /** The file with the logins of the client. Only those of docker and kaniko are known here. */
  readonly authFile?: string;
  /** Lists all repositories of a host. Undefined if the client has no command for this. */
  catalog?(host: string): Promise<Ran>;
  /** Deletes an image by its tag. Undefined if the client has no command for this. */
  remove?(name: string): Promise<Ran>;
}

export interface Adapter {
  readonly name: string;
  readonly needs: readonly PartName[];
  /**
   * How the client logs in. `asks`: its login command sends the password to the registry. `keeps`: its login command
   * only stores the password. `none`: it has no login command, and gets the name and password with each command. With
   * `keeps` and `none`, a wrong password is reported only at the first pull.
   */
  readonly login: 'asks' | 'keeps' | 'none';
  /**
   * This client always uses plain HTTP for localhost and 127.0.0.1, and no setting changes that. So it needs an edge
   * without TLS. It cannot be tested with registry 2.8, which always sends clients to https. It cannot be tested with
   * Traefik either: Traefik answers both TLS and HTTP on every port, and docker tries TLS first.
   */
  readonly wantsPlainEdge?: true;
  version(): Promise<string>;
  person(trust: Trust): Promise<Person>;
}

export const adapters: readonly Adapter[] = [
  withEngine('docker', 'dockerd', engineParts),
  withEngine('docker 29', 'dockerd-29', engine29Parts),
  {
    name: 'docker with BuildKit',
    needs: [...engineParts, 'docker-buildkit'],
    login: 'asks',
    wantsPlainEdge: true,
    version: async () => {
      const docker = await buildKitClient();
      const format = 'CLI {{.Client.Version}}, BuildKit of engine {{.Server.Version}}';
      return (await docker.must(['version', '--format', format])).stdout.trim();
    },
    person: async () => {
      const docker = await buildKitClient();
      const build = ['build', '--no-cache', '--progress', 'plain', '--tag'];
      return {
        login: (host, user, password) => docker.login(host, user, password),
        // BuildKit stores the built image in the engine, and the engine pushes it.
        push: async (name) => {
          const context = await temporaryDirectory('context');
          await writeFile(join(context, 'note.txt'), name);
          await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY note.txt /\n');
          const built = await docker.run([...build, name, context]);
          return built.status === 0 ? docker.run(['push', name]) : built;
        },
        // Pulls the image as the base image of a build: BuildKit fetches base images itself, with its own tokens.
        pull: async (name) => {
          await docker.run(['rmi', '--force', name]);
          const input = `FROM ${name}\nLABEL made=here\n`;
          return docker.run([...build, 'built.example.test/app', '--pull', '-'], { input });
        },
      };
    },
  },
  withStore('podman', podmanClient),
  withStore('buildah', buildahClient),
  {
    name: 'skopeo',
    needs: ['skopeo'],
    login: 'asks',
    version: async () => versionNumber(await outputOf(skopeoClient, '--version')),
    person: async ({ certificateDirectory }) => {
      const skopeo = await skopeoClient();
      return {
        login: (host, user, password) =>
          skopeo.login(host, user, password, '--cert-dir', certificateDirectory),
        push: async (name) => {
          const { directory } = await handMadeImage();
          const args = ['copy', '--dest-cert-dir', certificateDirectory];
          return skopeo.run([...args, `oci:${directory}:latest`, `docker://${name}`]);
        },
        pull: async (name) => {
          const to = await temporaryDirectory('pulled');
          const args = ['copy', '--src-cert-dir', certificateDirectory];
          return skopeo.run([...args, `docker://${name}`, `oci:${to}:latest`]);
        },
        remove: async (name) =>
          skopeo.run(['delete', '--cert-dir', certificateDirectory, `docker://${name}`]),
      };
    },
  },
  {
    name: 'ctr',
    needs: [...engineParts, 'ctr'],
    login: 'none',
    version: async () => versionNumber(await outputOf(ctrClient, '--version')),
    person: async ({ certificateFile, hosts }) => {
      const ctr = await ctrClient();
      const logins = new Map<string, string>();
      // ctr uses plain HTTP for localhost and 127.0.0.1, unless a hosts.toml file configures https.
      const hostsDirectory = join(ctr.directory, 'certs.d');
      for (const host of hosts) {
        await mkdir(join(hostsDirectory, host), { recursive: true });
        const capabilities = 'capabilities = ["pull", "resolve", "push"]';
        const lines = [`[host."https://${host}"]`, capabilities, `ca = "${certificateFile}"`, ''];
        await writeFile(join(hostsDirectory, host, 'hosts.toml'), lines.join('\n'));
      }
      const flags = (name: string): string[] => {
        const login = logins.get(hostOf(name));
        return ['--hosts-dir', hostsDirectory, ...(login === undefined ? [] : ['--user', login])];
      };
      /**
       * Removes a name of an image. Together with the last name, containerd deletes the content of the image, so that
       * the next pull must download it.
       */
      const removeName = (name: string) => ctr.run(['images', 'rm', '--sync', name]);
      return {
        login: async (host, user, password) => {
          logins.set(host, `${user}:${password}`);
          return loginWithoutRequest;
        },
        push: async (name) => {
          const image = await handMadeImage();
          const archive = join(ctr.directory, 'image.tar');
          await mustRun('tar', ['--create', '--file', archive, '--directory', image.directory, '.']);
          const local = 'image.example.test/here';
          await ctr.must(['images', 'import', '--no-unpack', '--base-name', local, archive]);
          const pushed = await ctr.run(['images', 'push', ...flags(name), name, `${local}:latest`]);
          await removeName(`${local}:latest`);
          return pushed;
        },
        pull: async (name) => {
          await removeName(name);
          const pulled = await ctr.run(['images', 'pull', '--snapshotter', 'native', ...flags(name), name]);
          await removeName(name);
          return pulled;
        },
      };
    },
  },
  {
    name: 'crane',
    needs: ['crane'],
    login: 'keeps',
    version: () => outputOf(craneClient, 'version'),
    person: async ({ certificateFile }) => {
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: certificateFile };
      return {
        login: (host, user, password) => crane.login(host, user, password),
        push: async (name) => crane.run(['push', (await handMadeImage()).directory, name], { env }),
        pull: async (name) =>
          crane.run(['pull', name, join(await temporaryDirectory('pulled'), 'image.tar')], { env }),
        catalog: async (host) => crane.run(['catalog', host], { env }),
        // The registry deletes an image only by its digest, not by its tag.
        remove: async (name) => {
          const digest = await crane.run(['digest', '--full-ref', name], { env });
          return digest.status === 0 ? crane.run(['delete', digest.stdout.trim()], { env }) : digest;
        },
      };
    },
  },
  {
    name: 'oras',
    needs: ['oras'],
    login: 'asks',
    version: async () => versionNumber(await outputOf(orasClient, 'version')),
    person: async ({ certificateFile }) => {
      const oras = await orasClient();
      // oras uses plain HTTP for localhost, unless `--plain-http=false` is set.
      const tls = ['--plain-http=false', '--ca-file', certificateFile];
      return {
        login: (host, user, password) => oras.login(host, user, password, ...tls),
        push: async (name) => {
          await writeFile(join(oras.directory, 'note.txt'), name);
          return oras.run(['push', ...tls, name, 'note.txt:text/plain']);
        },
        pull: async (name) =>
          oras.run(['pull', ...tls, '--output', await temporaryDirectory('pulled'), name]),
        catalog: async (host) => oras.run(['repo', 'ls', ...tls, host]),
        remove: async (name) => oras.run(['manifest', 'delete', '--force', ...tls, name]),
      };
    },
  },
  {
    name: 'regctl',
    needs: ['regctl'],
    login: 'asks',
    version: async () => versionNumber(await outputOf(regctlClient, 'version')),
    person: async ({ certificateFile }) => {
      const regctl = await regctlClient();
      const env = { SSL_CERT_FILE: certificateFile };
      return {
        login: (host, user, password) =>
          regctl.run(['registry', 'login', host, '--user', user, '--pass-stdin'], { env, input: password }),
        push: async (name) => {
          const { directory } = await handMadeImage();
          return regctl.run(['image', 'copy', `ocidir://${directory}:latest`, name], { env });
        },
        pull: async (name) => {
          const to = await temporaryDirectory('pulled');
          return regctl.run(['image', 'copy', name, `ocidir://${to}:latest`], { env });
        },
        catalog: async (host) => regctl.run(['repo', 'ls', host], { env }),
        remove: async (name) => regctl.run(['manifest', 'delete', '--force-tag-dereference', name], { env }),
      };
    },
  },
  {
    name: 'helm',
    needs: ['helm'],
    login: 'asks',
    version: () => outputOf(helmClient, 'version', '--short'),
    person: async ({ certificateFile }) => {
      const helm = await helmClient();
      const trust = ['--ca-file', certificateFile];
      return {
        login: (host, user, password) => helm.login(host, user, password, ...trust),
        // helm reads the name and version of a chart from the chart itself, so the URL of a push is the parent folder.
        push: async (name) => {
          const { folder, chart, version } = chartOf(name);
          const source = join(helm.directory, chart);
          await rm(source, { recursive: true, force: true });
          await mkdir(source);
          await writeFile(
            join(source, 'Chart.yaml'),
            `apiVersion: v2\nname: ${chart}\nversion: ${version}\n`,
          );
          await helm.must(['package', source]);
          return helm.run(['push', ...trust, `${chart}-${version}.tgz`, `oci://${folder}`]);
        },
        pull: async (name) => {
          const { folder, chart, version } = chartOf(name);
          const to = await temporaryDirectory('pulled');
          const flags = ['--version', version, '--destination', to];
          return helm.run(['pull', ...trust, `oci://${folder}/${chart}`, ...flags]);
        },
      };
    },
  },
  kanikoAdapter,
  {
    name: 'curl',
    needs: ['curl'],
    login: 'asks',
    version: async () => versionNumber(await outputOf(curlClient, '--version')),
    person: async (trust) => rawRegistryClient(await curlClient(), trust),
  },
];

/** Returns the name of a client in lower case and without spaces, for the name of a repository. */
export function slugOf({ name }: Adapter): string {
  return name.toLowerCase().replaceAll(' ', '-');
}

/** Creates the adapter for docker with one of the engines. */
function withEngine(name: string, engine: EngineName, parts: readonly PartName[]): Adapter {
  return {
    name,
    needs: parts,
    login: 'asks',
    version: async () => {
      const docker = await dockerClient({ engine });
      const format = 'CLI {{.Client.Version}}, engine {{.Server.Version}}';
      return (await docker.must(['version', '--format', format])).stdout.trim();
    },
    person: async () => {
      const docker = await dockerClient({ engine });
      return {
        authFile: docker.authFile,
        login: (host, user, password) => docker.login(host, user, password),
        push: async (name) => {
          await importImage(docker, name);
          return docker.run(['push', name]);
        },
        pull: async (name) => {
          await docker.run(['rmi', '--force', name]);
          return docker.run(['pull', name]);
        },
      };
    },
  };
}

/** Creates the adapter for podman or buildah. Both have the same commands, and each has its own store of images. */
function withStore(name: 'podman' | 'buildah', start: () => Promise<Client>): Adapter {
  return {
    name,
    needs: [name],
    login: 'asks',
    version: async () => versionNumber(await outputOf(start, '--version')),
    person: async ({ certificateDirectory }) => {
      const client = await start();
      const trust = ['--cert-dir', certificateDirectory];
      const load = async ({ directory }: HandMadeImage): Promise<string> => {
        const { stdout } = await client.must(['pull', '--quiet', `oci:${directory}:latest`]);
        return stdout.trim();
      };
      return {
        login: (host, user, password) => client.login(host, user, password, ...trust),
        push: async (to) => {
          const image = await load(await handMadeImage());
          const pushed = await client.run(['push', ...trust, image, `docker://${to}`]);
          await client.must(['rmi', '--force', image]);
          return pushed;
        },
        pull: async (from) => client.run(['pull', ...trust, `docker://${from}`]),
      };
    },
  };
}

/** The result of a login that is only stored, without a request to the registry. */
const loginWithoutRequest: Ran = { command: '', status: 0, stdout: '', stderr: '', output: '' };

async function outputOf(start: () => Promise<Client>, ...args: string[]): Promise<string> {
  return (await (await start()).must(args)).stdout.trim();
}

/** Extracts the version number from a client's version output. If there is none, returns the whole output. */
function versionNumber(text: string): string {
  return /\d+\.\d+\.\d+[^\s,]*/.exec(text)?.[0] ?? text;
}

function hostOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

function chartOf(name: string): { folder: string; chart: string; version: string } {
  const [, chart = '', version = ''] = /\/([^/:]+):([^:]+)$/.exec(name) ?? [];
  return { folder: dirname(name), chart, version };
}
