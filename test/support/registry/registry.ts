import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DockpassServer } from '../dockpass/dockpass.ts';
import { repository } from '../run/environment.ts';
import { part, type PartName } from '../run/parts.ts';
import { freePort } from '../run/ports.ts';
import { start, type Running } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** The releases of the registry that dockpass supports. They behave differently, so tests run with each of them. */
export const registryVersions = ['2.8', '3.0', '3.1'] as const;
export type RegistryVersion = (typeof registryVersions)[number];

/** Returns the name of the part for a registry release, as `needs` expects it. */
export function registryPart(version: RegistryVersion): PartName {
  return `registry-${version}`;
}

export interface RegistryOptions {
  /** The complete configuration, as YAML or as a value. Default: a plain configuration that requires no token. */
  readonly config?: string | Readonly<Record<string, unknown>>;
  /** The port on loopback. If `config` contains an address, both must be the same. Default: a free port. */
  readonly port?: number;
  /** Environment variables with settings of the registry (`REGISTRY_…`). */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder for the images. Default: a temporary directory. */
  readonly storage?: string;
}

export interface Registry {
  readonly version: RegistryVersion;
  readonly port: number;
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly storage: string;
  readonly configFile: string;
  readonly process: Running;
}

/** Starts a real registry. When the promise resolves, the registry answers requests. */
export async function startRegistry(
  version: RegistryVersion,
  options: RegistryOptions = {},
): Promise<Registry> {
  const directory = await temporaryDirectory(`registry-${version}`);
  const port = options.port ?? (await freePort());
  const storage = options.storage ?? join(directory, 'images');
  const address = `127.0.0.1:${port}`;
  const config = options.config ?? plainConfig();
  const configFile = join(directory, 'config.yml');
  await writeFile(configFile, typeof config === 'string' ? config : stringify(config));
  const running = await start(part(registryPart(version)), ['serve', configFile], {
    cwd: directory,
    name: `registry ${version}`,
    env: {
      REGISTRY_HTTP_ADDR: address,
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: storage,
      // Otherwise 3.x tries to reach a trace collector, fails, and logs the failure.
      OTEL_TRACES_EXPORTER: 'none',
      ...options.env,
    },
  });
  await untilHttp(`http://${address}/v2/`, { part: running });
  return { version, port, address, url: `http://${address}`, storage, configFile, process: running };
}

/** Starts a real registry with the registry-config.yml of the repository. It trusts the tokens of `server`. */
export async function startShippedRegistry(
  version: RegistryVersion,
  server: Pick<DockpassServer, 'directory'>,
  env: Readonly<Record<string, string>> = {},
  port?: number,
): Promise<Registry> {
  return startRegistry(version, {
    ...(port !== undefined && { port }),
    config: await readFile(join(repository, 'registry-config.yml'), 'utf8'),
    env: {
      REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: join(server.directory, 'keys', 'rootcertbundle.pem'),
      ...env,
    },
  });
}

function plainConfig(): Record<string, unknown> {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: 'replaced by the environment' }, delete: { enabled: true } },
    http: { addr: 'replaced by the environment', relativeurls: true },
  };
}
