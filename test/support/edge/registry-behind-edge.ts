import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trust } from '../client/client-commands.ts';
import { openDoor, type DoorKind } from './edge-process.ts';
import { startServe, startUp, type DockpassServer } from '../dockpass/dockpass.ts';
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

// Which registry stands behind which edge: all of them with `npm run test:matrix`.

export interface Household {
  readonly registry: RegistryVersion;
  readonly edge: DoorKind;
}

export const isFullMatrix = process.env['DOCKPASS_MATRIX'] === 'full';

const edges: readonly DoorKind[] = ['caddy', 'nginx', 'traefik'];
const all = registryVersions.flatMap((registry) => edges.map((edge) => ({ registry, edge })));

/** The main path, or all there are. */
export function households(...mainPath: readonly Household[]): readonly Household[] {
  return isFullMatrix ? all : mainPath;
}

/** Each registry and each edge once, or all there are. */
export const ofEachKind = households(
  { registry: '2.8', edge: 'caddy' },
  { registry: '3.1', edge: 'nginx' },
  { registry: '3.0', edge: 'traefik' },
);

/** A household that runs: `localhost` is its private name, `127.0.0.1` its public one; deletion is switched on. */
export interface House extends Pick<DockpassServer, 'addUser' | 'must' | 'process'> {
  /** HTTPS. */
  readonly port: number;
  /** `localhost:PORT` */
  readonly privately: string;
  /** `127.0.0.1:PORT` */
  readonly publicly: string;
  readonly trust: Trust;
  /** Where the registry keeps its images. */
  readonly storage: string;
  readonly ports: { readonly registry: number; readonly dockpass: number };
  /** The edge's processes. */
  edgePids(): readonly number[];
  /** A second edge of the same kind before the same two, without TLS: its port. */
  openPlainDoor(): Promise<number>;
}

export function startHouse(household: Household): Promise<House> {
  return household.edge === 'traefik' ? startApart(household) : startTogether(household, household.edge);
}

async function startTogether({ registry }: Household, edge: 'caddy' | 'nginx'): Promise<House> {
  const words = ['--registry', part(registryPart(registry)), '--edge', part(edge)];
  const up = await startUp({
    args: [...words, '--public-domain', '127.0.0.1'],
    env: { DOCKPASS_UP_PRIVATE_DOMAINS: 'localhost', REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
  });
  // In a directory that holds nothing else, as podman wants it.
  const certificateDirectory = await temporaryDirectory('ca');
  await copyFile(join(up.directory, 'data', 'up', 'tls', 'ca.crt'), join(certificateDirectory, 'ca.crt'));
  return {
    ...houseOf(edge, up, up.edgePort, up.registryPort, certificateDirectory),
    storage: join(up.directory, 'data', 'registry'),
    edgePids: () =>
      descendantsOf(up.process.pid)
        .filter(({ command }) => command.includes(edge))
        .map(({ pid }) => pid),
  };
}

/** `up` runs no Traefik: each part by itself. */
async function startApart({ registry: version, edge }: Household): Promise<House> {
  const port = await freePort();
  const server = await startServe({
    config: { publicDomains: ['127.0.0.1'], up: { privateDomains: ['localhost'], port } },
  });
  const registry = await startShippedRegistry(version, server, { REGISTRY_STORAGE_DELETE_ENABLED: 'true' });
  const authority = await testAuthority();
  const door = await openDoor(edge, {
    ...{ authority, port, registry: registry.port, dockpass: server.port },
    publicDomains: ['127.0.0.1'],
  });
  const stop = async (): ReturnType<Running['stop']> => {
    for (const process of [door.process, registry.process]) await process.stop();
    return server.process.stop();
  };
  return {
    ...houseOf(edge, server, port, registry.port, authority.certificateDirectory),
    process: { ...server.process, stop },
    storage: registry.storage,
    edgePids: () => [door.process.pid],
  };
}

function houseOf(
  edge: DoorKind,
  server: DockpassServer,
  port: number,
  registry: number,
  certificateDirectory: string,
): Omit<House, 'storage' | 'edgePids'> {
  const [privately, publicly] = [`localhost:${port}`, `127.0.0.1:${port}`];
  const { addUser, must, process } = server;
  const ports = { registry, dockpass: server.port };
  let plainDoor: Promise<number> | undefined;
  return {
    ...{ addUser, must, process, port, privately, publicly, ports },
    trust: {
      certificateDirectory,
      certificateFile: join(certificateDirectory, 'ca.crt'),
      hosts: [privately, publicly],
    },
    openPlainDoor: () =>
      (plainDoor ??= openDoor(edge, { ...ports, publicDomains: ['127.0.0.1'] }).then(({ port }) => port)),
  };
}
