import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Edge } from '../src/edge/edge.ts';
import { renderTraefik, renderTraefikStatic } from '../src/edge/traefik/traefik.ts';
import { startChild, type Child } from './child.ts';

/** Traefik on the configuration that we write for it, its routes there when this returns. */
export async function startTraefikDoor(path: string, edge: Edge, directory: string): Promise<Child> {
  const routes = join(directory, 'routes.yml');
  await writeFile(routes, renderTraefik(edge));
  await writeFile(join(directory, 'traefik.yml'), renderTraefikStatic(edge, routes));
  const traefik = startChild(path, ['--configFile=traefik.yml'], {
    cwd: directory,
    env: { HOME: directory },
    ownSession: true,
  });
  // It listens before it has read its routes; until then it answers 404.
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
