import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCaddy } from './caddy.ts';
import { dockpassHome, type DockpassHome } from '../dockpass/dockpass.ts';
import { repository } from '../run/environment.ts';
import { startNginx } from './nginx.ts';
import { part, type PartName } from '../run/parts.ts';
import { start } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { registryPart, type RegistryVersion } from '../registry/registry.ts';
import { runTraefik } from './traefik.ts';

// Starts a real registry, dockpass and edge with the unchanged files that `dockpass init` wrote. No environment
// variable overrides a setting in these files.

export const writableEdges = ['nginx', 'caddy', 'traefik'] as const satisfies readonly PartName[];
export type WritableEdge = (typeof writableEdges)[number];

/** The ports on which the parts listen, as passed to `dockpass init`. */
export interface Ports {
  readonly edge: number;
  readonly registry: number;
  readonly dockpass: number;
  readonly operations: number;
  readonly events: number;
}

export function initEnvironment(ports: Ports): Record<string, string> {
  return {
    DOCKPASS_LISTEN: `127.0.0.1:${ports.dockpass}`,
    DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${ports.operations}`,
    DOCKPASS_EVENTS_LISTEN: `127.0.0.1:${ports.events}`,
    DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${ports.registry}`,
  };
}

/**
 * Starts the registry, the token server and the edge, and waits until all of them answer.
 * @returns the folder of the files, in which dockpass commands can be run
 */
export async function startWritten(
  folder: string,
  edge: WritableEdge,
  version: RegistryVersion,
  ports: Ports,
  /** The scheme and host name with which a client reaches the edge, such as `https://NAME`, without the port. */
  host: string,
): Promise<DockpassHome> {
  const home = await dockpassHome({ directory: folder });
  const serve = async (): Promise<void> => {
    const args = [join(repository, 'bin', 'dockpass.js'), 'serve'];
    const running = await start(process.execPath, args, {
      cwd: folder,
      env: home.env,
      name: 'dockpass serve',
    });
    await untilHttp(`http://127.0.0.1:${ports.operations}/readyz`, { part: running, status: 200 });
  };
  const registry = async (): Promise<void> => {
    const args = ['serve', join(folder, 'registry-config.yml')];
    // Otherwise registry 3.x tries to send traces to a collector that does not exist.
    const env = { OTEL_TRACES_EXPORTER: 'none' };
    const running = await start(part(registryPart(version)), args, {
      cwd: folder,
      env,
      name: `registry ${version}`,
    });
    await untilHttp(`http://127.0.0.1:${ports.registry}/v2/`, { part: running, status: 401 });
  };
  await Promise.all([
    serve(),
    registry(),
    startWrittenEdge(folder, edge, ports.edge, `${host}:${ports.edge}`),
  ]);
  return home;
}

async function startWrittenEdge(
  folder: string,
  edge: WritableEdge,
  port: number,
  host: string,
): Promise<void> {
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  switch (edge) {
    case 'nginx':
      await startNginx({ http: await text('dockpass-nginx.conf'), port });
      return;
    case 'caddy':
      await startCaddy({ caddyfile: await text('Caddyfile'), port });
      return;
    case 'traefik':
      await runTraefik(folder, host);
  }
}
