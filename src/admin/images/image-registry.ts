import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { KeyRing } from '../../keys/key-ring.ts';
import { registryApi, type Authorize, type RegistryApi } from '../../registry/api-client.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import { formatScope } from '../../scope/scope.ts';
import { operatorTokens } from '../operator-token.ts';
import { createLimit } from './limit.ts';
import { createManifestReader, type ManifestReader } from './manifest-reader.ts';
import { createRepositorySource, type RepositorySource } from './repository-source.ts';
import { createTagLists, type TagLists } from './tag-lists.ts';

/** A registry as the administration uses it. What it reads is cached, so all callers share one of these. */
export interface ImageRegistry {
  /** The origin of the registry's URL, such as `http://127.0.0.1:5000`. */
  readonly origin: string;
  readonly api: RegistryApi;
  readonly repositories: RepositorySource;
  readonly tagLists: TagLists;
  readonly manifests: ManifestReader;
}

/** The settings that say which registry is used, and which tokens it accepts. */
export type RegistryConfig = Pick<Config, 'registries' | 'up' | 'issuer' | 'service'>;

/** The largest number of requests for manifests and blobs that run at the same time. */
const maxRequests = 16;
/** How long a token for a request to the registry is used, in milliseconds. It is valid for one minute. */
const reuseTokenMs = 30_000;

/**
 * Returns a function that returns the registry of a configuration: the first of `registries`, else the one that
 * `dockpass up` starts. It returns the same object until one of these settings changes.
 */
export function createImageRegistries(
  keys: KeyRing,
  clock: Clock,
): (config: RegistryConfig) => ImageRegistry {
  let known: { readonly key: string; readonly registry: ImageRegistry } | undefined;
  return (config) => {
    const [url] = configuredRegistries(config);
    const key = JSON.stringify([url.href, config.issuer, config.service]);
    if (known?.key !== key)
      known = { key, registry: openImageRegistry(url, operatorTokens(keys, config, clock), clock) };
    return known.registry;
  };
}

/** Creates the object for one registry. Nothing is requested before it is used. */
export function openImageRegistry(url: URL, authorize: Authorize, clock: Clock): ImageRegistry {
  const api = limited(registryApi(url, reuseTokens(authorize)));
  return {
    origin: url.origin,
    api,
    repositories: createRepositorySource(api, clock),
    tagLists: createTagLists(api),
    manifests: createManifestReader(api),
  };
}

/** Limits the number of requests for single images, because the page of a list needs hundreds of them. */
function limited(api: RegistryApi): RegistryApi {
  const run = createLimit(maxRequests);
  return {
    ...api,
    digestOf: (repository, reference) => run(() => api.digestOf(repository, reference)),
    manifest: (repository, reference) => run(() => api.manifest(repository, reference)),
    blob: (repository, digest, maxBytes) => run(() => api.blob(repository, digest, maxBytes)),
    referrers: (repository, digest) => run(() => api.referrers(repository, digest)),
  };
}

/** Signs one token for several requests with the same scope, because signing takes longer than a request for a tag. */
function reuseTokens(authorize: Authorize): Authorize {
  const tokens = createLru<{ readonly until: number; readonly token: Promise<string> }>(200);
  return (scope) => {
    const key = formatScope(scope);
    const known = tokens.get(key);
    if (known !== undefined && performance.now() < known.until) return known.token;
    const token = authorize(scope);
    tokens.set(key, { until: performance.now() + reuseTokenMs, token });
    token.catch(() => tokens.delete(key));
    return token;
  };
}
