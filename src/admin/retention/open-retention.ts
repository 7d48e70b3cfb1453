import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { KeyRing } from '../../keys/key-ring.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import type { Store } from '../../store/store.ts';
import { openImageRegistry, type ImageRegistry, type RegistryConfig } from '../images/image-registry.ts';
import { operatorTokens } from '../operator-token.ts';
import { createRetentionManifests, type RetentionManifests } from './read-manifest.ts';
import type { RetentionParts } from './retention-parts.ts';

/** Returns what planning and applying need: the registry of the configuration, with its keys. */
export function openRetention(
  config: RegistryConfig & Pick<Config, 'retention'>,
  store: Store,
  keys: KeyRing,
  clock: Clock,
): RetentionParts {
  const [url] = configuredRegistries(config);
  return retentionOf(
    openImageRegistry(url, operatorTokens(keys, config, clock), clock),
    config,
    store,
    clock,
  );
}

/** The manifests of each registry that were read. They are shared by plans and applications of plans. */
const manifestsOf = new WeakMap<ImageRegistry, RetentionManifests>();

export function retentionOf(
  registry: ImageRegistry,
  { retention }: Pick<Config, 'retention'>,
  store: Store,
  clock: Clock,
): RetentionParts {
  const manifests = manifestsOf.get(registry) ?? createRetentionManifests(registry.api);
  manifestsOf.set(registry, manifests);
  return {
    store,
    clock,
    rules: retention,
    registry: { origin: registry.origin, api: registry.api, manifests },
  };
}
