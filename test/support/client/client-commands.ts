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
import { handMadeImage, importImage, type HandMadeImage } from '../registry/image.ts';
import { engineParts, type PartName } from '../run/parts.ts';
import { rawRegistryClient } from '../registry/raw-registry.ts';
import { mustRun, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

// One table: what a person types to log in, push and pull with each client. Tests say what has to come of it.

/** What a client on this machine has to trust. */
export interface Trust {
  readonly certificateDirectory: string;
  readonly certificateFile: string;
  /** `HOST:PORT` of the registries that this is about. */
  readonly hosts: readonly string[];
}

/** Somebody with this client, who has not logged in yet. */
export interface Person {
  /** Where the client keeps no login, it is remembered here and given with each command: status 0, nothing asked. */
  login(host: string, user: string, password: string): Promise<Ran>;
  /** Pushes a small image (or chart, or file), unlike every other, under this name. */
  push(name: string): Promise<Ran>;
  /** Pulls it, with nothing of it here before. */
  pull(name: string): Promise<Ran>;
  /** Lists all repositories of a host, where the client has a command for it. */
  catalog?(host: string): Promise<Ran>;
  /** Deletes an image by its tag, where the client has a command for it. */
  remove?(name: string): Promise<Ran>;
}

export interface Adapter {
  readonly name: string;
  readonly needs: readonly PartName[];
  /**
   * Whether its login asks the registry, only keeps what it is told, or is not there because name and password go with
   * each command. A wrong password shows with the login, or else with the first pull.
   */
  readonly login: 'asks' | 'keeps' | 'none';
  /**
   * For it, localhost and 127.0.0.1 mean plain HTTP, and nothing can be set. Registry 2.8 sends to https always, and
   * Traefik answers TLS beside HTTP on every port, which docker tries first: no such client there.
   */
  readonly wantsPlainDoor?: true;
  version(): Promise<string>;
  person(trust: Trust): Promise<Person>;
}

export const adapters: readonly Adapter[] = [
  {
    name: 'docker',
    needs: engineParts,
    login: 'asks',
    version: async () => {
      const docker = await dockerClient();
      const format = 'CLI {{.Client.Version}}, engine {{.Server.Version}}';
      return (await docker.must(['version', '--format', format])).stdout.trim();
    },
    person: async () => {
      const docker = await dockerClient();
      return {
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
  },
  {
    name: 'docker with BuildKit',
    needs: [...engineParts, 'docker-buildkit'],
    login: 'asks',
    wantsPlainDoor: true,
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
        // It builds into the engine, which pushes.
        push: async (name) => {
          const context = await temporaryDirectory('context');
          await writeFile(join(context, 'note.txt'), name);
          await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY note.txt /\n');
          const built = await docker.run([...build, name, context]);
          return built.status === 0 ? docker.run(['push', name]) : built;
        },
        // As the base of another: BuildKit fetches it by itself, with tokens of its own.
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
    version: async () => number(await said(skopeoClient, '--version')),
    person: async ({ certificateDirectory }) => {
      const skopeo = await skopeoClient();
      return {
        login: (host, user, password) =>
          skopeo.login(host, user, password, '--cert-dir', certificateDirectory),
        push: async (name) => {
          const { directory } = await handMadeImage();
          const words = ['copy', '--dest-cert-dir', certificateDirectory];
          return skopeo.run([...words, `oci:${directory}:latest`, `docker://${name}`]);
        },
        pull: async (name) => {
          const to = await temporaryDirectory('pulled');
          const words = ['copy', '--src-cert-dir', certificateDirectory];
          return skopeo.run([...words, `docker://${name}`, `oci:${to}:latest`]);
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
    version: async () => number(await said(ctrClient, '--version')),
    person: async ({ certificateFile, hosts }) => {
      const ctr = await ctrClient();
      const logins = new Map<string, string>();
      // For it localhost and 127.0.0.1 mean plain HTTP, unless a hosts.toml says otherwise.
      const hostsDirectory = join(ctr.directory, 'certs.d');
      for (const host of hosts) {
        await mkdir(join(hostsDirectory, host), { recursive: true });
        const capabilities = 'capabilities = ["pull", "resolve", "push"]';
        const lines = [`[host."https://${host}"]`, capabilities, `ca = "${certificateFile}"`, ''];
        await writeFile(join(hostsDirectory, host, 'hosts.toml'), lines.join('\n'));
      }
      const words = (name: string): string[] => {
        const login = logins.get(hostOf(name));
        return ['--hosts-dir', hostsDirectory, ...(login === undefined ? [] : ['--user', login])];
      };
      /** With the last name of it, containerd forgets the content: the next pull has to fetch it. */
      const forget = (name: string) => ctr.run(['images', 'rm', '--sync', name]);
      return {
        login: async (host, user, password) => {
          logins.set(host, `${user}:${password}`);
          return nothingAsked;
        },
        push: async (name) => {
          const image = await handMadeImage();
          const archive = join(ctr.directory, 'image.tar');
          await mustRun('tar', ['--create', '--file', archive, '--directory', image.directory, '.']);
          const local = 'image.example.test/here';
          await ctr.must(['images', 'import', '--no-unpack', '--base-name', local, archive]);
          const pushed = await ctr.run(['images', 'push', ...words(name), name, `${local}:latest`]);
          await forget(`${local}:latest`);
          return pushed;
        },
        pull: async (name) => {
          await forget(name);
          const pulled = await ctr.run(['images', 'pull', '--snapshotter', 'native', ...words(name), name]);
          await forget(name);
          return pulled;
        },
      };
    },
  },
  {
    name: 'crane',
    needs: ['crane'],
    login: 'keeps',
    version: () => said(craneClient, 'version'),
    person: async ({ certificateFile }) => {
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: certificateFile };
      return {
        login: (host, user, password) => crane.login(host, user, password),
        push: async (name) => crane.run(['push', (await handMadeImage()).directory, name], { env }),
        pull: async (name) =>
          crane.run(['pull', name, join(await temporaryDirectory('pulled'), 'image.tar')], { env }),
        catalog: async (host) => crane.run(['catalog', host], { env }),
        // The registry deletes by digest alone.
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
    version: async () => number(await said(orasClient, 'version')),
    person: async ({ certificateFile }) => {
      const oras = await orasClient();
      // For it localhost means plain HTTP, unless it is told.
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
    version: async () => number(await said(regctlClient, 'version')),
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
    version: () => said(helmClient, 'version', '--short'),
    person: async ({ certificateFile }) => {
      const helm = await helmClient();
      const trust = ['--ca-file', certificateFile];
      return {
        login: (host, user, password) => helm.login(host, user, password, ...trust),
        // A chart's name and version are in the chart: the name to push to is the folder above.
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
          const words = ['--version', version, '--destination', to];
          return helm.run(['pull', ...trust, `oci://${folder}/${chart}`, ...words]);
        },
      };
    },
  },
  {
    name: 'curl',
    needs: ['curl'],
    login: 'asks',
    version: async () => number(await said(curlClient, '--version')),
    person: async (trust) => rawRegistryClient(await curlClient(), trust),
  },
];

/** podman and buildah: the same commands, and a store of images of their own. */
function withStore(name: 'podman' | 'buildah', start: () => Promise<Client>): Adapter {
  return {
    name,
    needs: [name],
    login: 'asks',
    version: async () => number(await said(start, '--version')),
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

const nothingAsked: Ran = { command: '', status: 0, stdout: '', stderr: '', output: '' };

async function said(start: () => Promise<Client>, ...words: string[]): Promise<string> {
  return (await (await start()).must(words)).stdout.trim();
}

/** The version alone of what a client says about itself. */
function number(text: string): string {
  return /\d+\.\d+\.\d+[^\s,]*/.exec(text)?.[0] ?? text;
}

function hostOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

function chartOf(name: string): { folder: string; chart: string; version: string } {
  const [, chart = '', version = ''] = /\/([^/:]+):([^:]+)$/.exec(name) ?? [];
  return { folder: dirname(name), chart, version };
}
