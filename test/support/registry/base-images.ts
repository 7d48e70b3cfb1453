import { join } from 'node:path';
import type { Client } from '../client/clients.ts';
import { repository } from '../run/environment.ts';
import { mustRun, type Ran, type RunOptions } from '../process/run.ts';

/** The images that our Dockerfile builds on. */
export const baseImages = ['node:26-bookworm-slim', 'registry:3', 'caddy:2'] as const;

/** Where the stand-in for node has this machine's CA bundle: what npm inside a build has to trust. */
const caBundle = '/etc/ssl/certs/ca-certificates.crt';

/** Sees to it that the engine has the base images: stand-ins from this machine's files, as no test pulls anything. */
export async function prepareBaseImages(docker: Client): Promise<void> {
  const host = docker.engineHost;
  if (host === undefined)
    throw new Error(`base images need an engine: hand in a dockerClient(), not ${docker.name}`);
  await mustRun(join(repository, 'scripts', 'base-images.sh'), [...baseImages], {
    env: { DOCKER_HOST: host, DOCKER_CONFIG: docker.directory },
    timeout: 300_000,
  });
}

/**
 * `docker build` as it works on an engine without a bridge to the internet: in the machine's network, npm trusting
 * what the machine trusts.
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
