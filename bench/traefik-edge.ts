import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Edge } from '../src/edge/edge.ts';
import { renderTraefik, renderTraefikStatic } from '../src/edge/traefik/traefik.ts';
import { startChild, type Child } from './child.ts';

/** Starts Traefik with the configuration that dockpass renders. Resolves when it has loaded its routes. */
export async function startTraefikEdge(path: string, edge: Edge, directory: string): Promise<Child> {
  const routes = join(directory, 'routes');
  await mkdir(routes);
  await writeFile(join(routes, 'dockpass.yml'), renderTraefik(edge));
  await writeFile(join(directory, 'traefik.yml'), renderTraefikStatic(edge, routes));
  const traefik = startChild(path, ['--configFile=traefik.yml'], {
    cwd: directory,
    env: { HOME: directory },
    ownSession: true,
  });
  // Traefik listens before it has loaded its routes. Until then it answers 404.
  while ([404, undefined].includes(await statusAt(edge.port))) await wait(50);
  return traefik;
}

function statusAt(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asking = request({ host: 'localhost', port, path: '/v2/', rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asking.once('error', () => resolve(undefined));
    asking.end();
  });
}
