import type { Clock } from '../../clock.ts';
import type { RegistryApi } from '../../registry/api-client.ts';
import type { RetentionRule } from '../../retention/rule.ts';
import type { Store } from '../../store/store.ts';
import type { RetentionManifests } from './read-manifest.ts';

/** What planning and applying need. */
export interface RetentionParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly rules: readonly RetentionRule[];
  readonly registry: RetentionRegistry;
  /** If aborted, reading and deleting end with an error. */
  readonly signal?: AbortSignal | undefined;
}

export interface RetentionRegistry {
  /** The origin of the registry's URL, such as `http://127.0.0.1:5000`. */
  readonly origin: string;
  readonly api: RegistryApi;
  readonly manifests: RetentionManifests;
}
