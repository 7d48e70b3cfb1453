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

// Real parts on the files that `dockpass init` wrote, as they stand: nothing in the environment corrects them.

export const writableEdges = ['nginx', 'caddy', 'traefik'] as const satisfies readonly PartName[];
export type WritableEdge = (typeof writableEdges)[number];

/** Where init was told that each part listens. */
export interface Ports {
  readonly edge: number;
  readonly registry: number;
  readonly dockpass: number;
  readonly operations: number;
}

export function initEnvironment(ports: Ports): Record<string, string> {
  return {
    DOCKPASS_LISTEN: `127.0.0.1:${ports.dockpass}`,
    DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${ports.operations}`,
    DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${ports.registry}`,
  };
}

/** Registry, token server and edge, all answering; the CLI in their folder. */
export async function startWritten(
  folder: string,
  edge: WritableEdge,
  version: RegistryVersion,
  ports: Ports,
  /** How a client reaches the edge, `https://NAME`. */
  door: string,
): Promise<DockpassHome> {
  const home = await dockpassHome({ directory: folder });
  const serve = async (): Promise<void> => {
    const words = [join(repository, 'bin', 'dockpass.js'), 'serve'];
    const running = await start(process.execPath, words, {
      cwd: folder,
      env: home.env,
      name: 'dockpass serve',
    });
    await untilHttp(`http://127.0.0.1:${ports.operations}/readyz`, { part: running, status: 200 });
  };
  const registry = async (): Promise<void> => {
    const words = ['serve', join(folder, 'registry-config.yml')];
    // 3.x else looks for a collector of traces, in vain.
    const env = { OTEL_TRACES_EXPORTER: 'none' };
    const running = await start(part(registryPart(version)), words, {
      cwd: folder,
      env,
      name: `registry ${version}`,
    });
    await untilHttp(`http://127.0.0.1:${ports.registry}/v2/`, { part: running, status: 401 });
  };
  await Promise.all([
    serve(),
    registry(),
    startWrittenEdge(folder, edge, ports.edge, `${door}:${ports.edge}`),
  ]);
  return home;
}

async function startWrittenEdge(
  folder: string,
  edge: WritableEdge,
  port: number,
  door: string,
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
      await runTraefik(folder, door);
  }
}
