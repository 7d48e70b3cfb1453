import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Edge } from '../../../src/edge/edge.ts';
import { renderTraefikStatic } from '../../../src/edge/traefik/traefik.ts';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { until, untilHttp } from '../process/ready.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Traefik with this dynamic configuration, its routes there when this returns. */
export async function startTraefik(edge: Edge, dynamic: string): Promise<Running> {
  const directory = await temporaryDirectory('traefik');
  const routes = join(directory, 'routes.yml');
  await writeFile(routes, dynamic);
  await writeFile(join(directory, 'traefik.yml'), renderTraefikStatic(edge, routes));
  const scheme = edge.tls.kind === 'off' ? 'http' : 'https';
  return runTraefik(directory, `${scheme}://${edge.names[0] ?? 'localhost'}:${edge.port}`);
}

/** Traefik on the traefik.yml of a folder, its routes for this door there when this returns. */
export async function runTraefik(directory: string, door: string): Promise<Running> {
  const running = await start(part('traefik'), ['--configFile=traefik.yml'], {
    cwd: directory,
    env: { HOME: directory },
    name: 'traefik',
  });
  // It listens before it has read its routes; until then it answers 404 in words of its own.
  await until(`${door} to have routes`, { part: running }, async () => {
    const { status } = await untilHttp(`${door}/v2/`, { part: running });
    return status === 404 ? undefined : true;
  });
  return running;
}
