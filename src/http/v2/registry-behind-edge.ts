import type { IncomingMessage } from 'node:http';
import { operatorTokens } from '../../admin/operator-token.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { isMissing, registryApi } from '../../registry/api-client.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import type { V2Parts } from './v2-parts.ts';

/** A header of all manifests that dockpass sends to a registry. */
export const passedHeader = { name: 'X-Dockpass-Passed', value: 'manifest' } as const;

/**
 * Returns the URL of the registry behind the edge. `dockpass up` runs the edge and the registry itself. In all other
 * cases, this is the first of the setting `registries`.
 */
export function registryBehindEdge(config: Config, { health }: Pick<V2Parts, 'health'>): URL {
  const [registry] = configuredRegistries(
    health.edge === 'own edge' ? { registries: [], up: config.up } : config,
  );
  return registry;
}

/**
 * Checks that dockpass has not sent the request itself. If the setting `registries` named the edge instead of the
 * registry, the edge would send each manifest to dockpass again and again.
 * @throws DockpassError `unavailable`
 */
export function requireFirstPass({ headers }: IncomingMessage): void {
  if (headers[passedHeader.name.toLowerCase()] === undefined) return;
  throw new DockpassError(
    'unavailable',
    'the setting "registries" of dockpass names the edge. It must name the registry behind the edge, such as http://127.0.0.1:5000.',
  );
}

/**
 * Returns the digest of the manifest that has a tag. Undefined if the tag does not exist.
 * @throws DockpassError `unavailable`
 */
export async function findDigest(
  repository: string,
  tag: string,
  config: Config,
  parts: Pick<V2Parts, 'keys' | 'clock' | 'health'>,
): Promise<string | undefined> {
  try {
    const authorize = operatorTokens(parts.keys, config, parts.clock);
    return await registryApi(registryBehindEdge(config, parts), authorize).digestOf(repository, tag);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw registryUnavailable(error);
  }
}

export function registryUnavailable(cause: unknown): DockpassError<'unavailable'> {
  return new DockpassError(
    'unavailable',
    'the registry does not answer the token server. Try again in a few seconds.',
    { cause, retryAfter: 5 },
  );
}
