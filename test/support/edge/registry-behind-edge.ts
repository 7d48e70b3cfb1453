import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trust } from '../client/client-commands.ts';
import { openEdge, type EdgeKind } from './edge-process.ts';
import { startServe, startUp, type DockpassOptions, type DockpassServer } from '../dockpass/dockpass.ts';
import { part } from '../run/parts.ts';
import { freePort } from '../run/ports.ts';
import type { Running } from '../process/process.ts';
import { descendantsOf } from '../process/process-tree.ts';
import {
  registryPart,
  registryVersions,
  startShippedRegistry,
  type RegistryVersion,
} from '../registry/registry.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { testAuthority } from '../tls/tls.ts';

// Combinations of a registry and an edge. All of them run with `npm run test:matrix`.

export interface Setup {
  readonly registry: RegistryVersion;
  readonly edge: EdgeKind;
}

export const isFullMatrix = process.env['DOCKPASS_MATRIX'] === 'full';

const edges: readonly EdgeKind[] = ['caddy', 'nginx', 'traefik'];
const all = registryVersions.flatMap((registry) => edges.map((edge) => ({ registry, edge })));

/** The given combinations, or all with the full matrix. */
export function setups(...mainPath: readonly Setup[]): readonly Setup[] {
  return isFullMatrix ? all : mainPath;
}

/** Each registry and each edge once, or all combinations with the full matrix. */
export const ofEachKind = setups(
  { registry: '2.8', edge: 'caddy' },
  { registry: '3.1', edge: 'nginx' },
  { registry: '3.0', edge: 'traefik' },
);

/** A running setup: `localhost` is its private domain, `127.0.0.1` its public domain; deletion is enabled. */
export interface RunningSetup extends Pick<DockpassServer, 'addUser' | 'directory' | 'must' | 'process'> {
  /** The port on which the edge serves HTTPS. */
  readonly port: number;
  /** `localhost:PORT` */
  readonly privately: string;
  /** `127.0.0.1:PORT` */
  readonly publicly: string;
  readonly trust: Trust;
  /** The directory in which the registry stores its images. */
  readonly storage: string;
  readonly ports: { readonly registry: number; readonly dockpass: number };
  /** The edge's processes. */
  edgePids(): readonly number[];
  /** Starts a second edge of the same kind without TLS, for the same registry and dockpass. @returns its port */
  openPlainEdge(): Promise<number>;
}

/** Further settings and environment variables of dockpass. Only Caddy and nginx can be started with them. */
export type SetupOptions = Pick<DockpassOptions, 'config' | 'env'>;

export function startSetup(setup: Setup, options: SetupOptions = {}): Promise<RunningSetup> {
  return setup.edge === 'traefik' ? startApart(setup) : startTogether(setup, setup.edge, options);
}

async function startTogether(
  { registry }: Setup,
  edge: 'caddy' | 'nginx',
  { config, env }: SetupOptions,
): Promise<RunningSetup> {
  const programs = ['--registry', part(registryPart(registry)), '--edge', part(edge)];
  const up = await startUp({
    args: [...programs, '--public-domain', '127.0.0.1'],
    env: { DOCKPASS_UP_PRIVATE_DOMAINS: 'localhost', REGISTRY_STORAGE_DELETE_ENABLED: 'true', ...env },
    ...(config === undefined ? {} : { config }),
  });
  // podman needs a certificate directory that contains only the CA certificate.
  const certificateDirectory = await temporaryDirectory('ca');
  await copyFile(join(up.directory, 'data', 'up', 'tls', 'ca.crt'), join(certificateDirectory, 'ca.crt'));
  return {
    ...runningSetup(edge, up, up.edgePort, up.registryPort, certificateDirectory),
    storage: join(up.directory, 'data', 'registry'),
    edgePids: () =>
      descendantsOf(up.process.pid)
        .filter(({ command }) => command.includes(edge))
        .map(({ pid }) => pid),
  };
}

/** Starts dockpass, the registry and the edge as separate processes, because `dockpass up` cannot run Traefik. */
async function startApart({ registry: version, edge }: Setup): Promise<RunningSetup> {
  const [port, registryPort] = [await freePort(), await freePort()];
  const server = await startServe({
    config: {
      publicDomains: ['127.0.0.1'],
      registries: [`http://127.0.0.1:${registryPort}`],
      up: { privateDomains: ['localhost'], port },
    },
  });
  const deletes = { REGISTRY_STORAGE_DELETE_ENABLED: 'true' };
  const registry = await startShippedRegistry(version, server, deletes, registryPort);
  const authority = await testAuthority();
  const runningEdge = await openEdge(edge, {
    ...{ authority, port, registry: registry.port, dockpass: server.port },
    publicDomains: ['127.0.0.1'],
  });
  const stop = async (): ReturnType<Running['stop']> => {
    for (const process of [runningEdge.process, registry.process]) await process.stop();
    return server.process.stop();
  };
  return {
    ...runningSetup(edge, server, port, registry.port, authority.certificateDirectory),
    process: { ...server.process, stop },
    storage: registry.storage,
    edgePids: () => [runningEdge.process.pid],
  };
}

function runningSetup(
  edge: EdgeKind,
  server: DockpassServer,
  port: number,
  registry: number,
  certificateDirectory: string,
): Omit<RunningSetup, 'storage' | 'edgePids'> {
  const [privately, publicly] = [`localhost:${port}`, `127.0.0.1:${port}`];
  const { addUser, directory, must, process } = server;
  const ports = { registry, dockpass: server.port };
  let plainEdge: Promise<number> | undefined;
  return {
    ...{ addUser, directory, must, process, port, privately, publicly, ports },
    trust: {
      certificateDirectory,
      certificateFile: join(certificateDirectory, 'ca.crt'),
      hosts: [privately, publicly],
    },
    openPlainEdge: () =>
      (plainEdge ??= openEdge(edge, { ...ports, publicDomains: ['127.0.0.1'] }).then(({ port }) => port)),
  };
}
