import { join } from 'node:path';
import type { Client } from '../client/clients.ts';
import { repository } from '../run/environment.ts';
import { mustRun, type Ran, type RunOptions } from '../process/run.ts';

/** The base images of our Dockerfile. */
export const baseImages = ['node:26-bookworm-slim', 'registry:3', 'caddy:2'] as const;

/** The path of the CA bundle in the substitute for the node image. npm must trust these CAs during a build. */
const caBundle = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Creates base images, by default all of them, in the Docker engine if they are missing. They are substitutes made from files of this
 * machine, because tests do not pull images.
 */
export async function prepareBaseImages(
  docker: Client,
  names: readonly (typeof baseImages)[number][] = baseImages,
): Promise<void> {
  const host = docker.engineHost;
  if (host === undefined)
    throw new Error(`base images need a Docker engine: pass a dockerClient(), not ${docker.name}`);
  await mustRun(join(repository, 'scripts', 'base-images.sh'), [...names], {
    env: { DOCKER_HOST: host, DOCKER_CONFIG: docker.directory },
    timeout: 300_000,
  });
}

/**
 * Runs `docker build` so that it works on an engine without a bridge to the internet. The build uses the network of the
 * machine, and npm trusts the CAs of the machine.
 */
export function buildImage(docker: Client, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return docker.run(
    ['build', '--network', 'host', '--build-arg', `NODE_EXTRA_CA_CERTS=${caBundle}`, ...args],
    {
      timeout: 600_000,
      ...options,
    },
  );
}
