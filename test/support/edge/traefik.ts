import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Edge } from '../../../src/edge/edge.ts';
import { renderTraefikStatic } from '../../../src/edge/traefik/traefik.ts';
import { renderTraefikStopped } from '../../../src/edge/traefik/writes.ts';
import { traefikStoppedTemplate } from '../../../src/writes/names.ts';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { until, untilHttp } from '../process/ready.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Starts Traefik with this dynamic configuration, and waits until Traefik has loaded its routes. */
export async function startTraefik(edge: Edge, dynamic: string): Promise<Running> {
  const directory = await temporaryDirectory('traefik');
  const folder = resolve(directory, edge.writes);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'dockpass.yml'), dynamic);
  await writeFile(join(folder, traefikStoppedTemplate), renderTraefikStopped(edge));
  await writeFile(join(directory, 'traefik.yml'), renderTraefikStatic(edge, folder));
  const scheme = edge.tls.kind === 'off' ? 'http' : 'https';
  return runTraefik(directory, `${scheme}://${edge.names[0] ?? 'localhost'}:${edge.port}`);
}

/** Starts Traefik with the traefik.yml in a directory, and waits until Traefik has routes for this origin. */
export async function runTraefik(directory: string, origin: string): Promise<Running> {
  const running = await start(part('traefik'), ['--configFile=traefik.yml'], {
    cwd: directory,
    env: { HOME: directory },
    name: 'traefik',
  });
  // Traefik opens its port before it has read its routes. Until then, it answers every request with its own 404.
  await until(`${origin} to have routes`, { part: running }, async () => {
    const { status } = await untilHttp(`${origin}/v2/`, { part: running });
    return status === 404 ? undefined : true;
  });
  return running;
}
