import { createLru } from '../../cache/lru.ts';
import { DockpassError } from '../../errors.ts';
import { formatReference, type RegistryApi } from '../../registry/api-client.ts';
import { hasImageConfig } from './manifest-kind.ts';
import {
  parseJsonObject,
  parseManifest,
  parsePlatform,
  timeOf,
  type Manifest,
  type Platform,
} from './parse-manifest.ts';

/** The members of an image configuration that lists show. */
export interface ImageFacts {
  readonly platform: Platform | null;
  readonly created: string | null;
}

/**
 * Reads manifests and caches what they say by repository and digest, because the content of a digest never changes. The
 * repository is part of the key, so that no one learns what another repository contains.
 */
export interface ManifestReader {
  /**
   * Returns a manifest. The registry is asked each time whether the tag or digest exists.
   * @throws DockpassError `no_such_image`; `registry_refused` if the content is no manifest
   */
  read(repository: string, reference: string): Promise<Manifest>;
  /** Like `read`, for the digest that an index names. The registry is asked only if the manifest is not cached. */
  readEntry(repository: string, digest: string): Promise<Manifest>;
  /** Returns what the configuration of an image says. If it cannot be read, all members are null. */
  factsOf(repository: string, manifest: Manifest): Promise<ImageFacts>;
}

const maxManifests = 2000;
const maxFacts = 10_000;
/** The largest image configuration that is read, in bytes. */
export const maxConfigBytes = 4 << 20;
const noFacts: ImageFacts = { platform: null, created: null };

export function createManifestReader(
  api: Pick<RegistryApi, 'digestOf' | 'manifest' | 'blob'>,
): ManifestReader {
  const manifests = createLru<Manifest>(maxManifests);
  const facts = createLru<ImageFacts>(maxFacts);
  const readEntry = async (repository: string, digest: string): Promise<Manifest> => {
    const key = formatReference(repository, digest);
    const known = manifests.get(key);
    if (known !== undefined) return known;
    const stored = await api.manifest(repository, digest);
    const manifest = parseManifest(stored.digest, stored.mediaType, stored.content);
    if (manifest === undefined)
      throw new DockpassError(
        'registry_refused',
        `${key} is not a manifest that dockpass can read. Inspect it with a client such as skopeo.`,
      );
    manifests.set(key, manifest);
    return manifest;
  };
  return {
    readEntry,
    read: async (repository, reference) => readEntry(repository, await api.digestOf(repository, reference)),
    factsOf: async (repository, manifest) => {
      const { config } = manifest;
      if (config === null || !hasImageConfig(manifest) || config.size > maxConfigBytes) return noFacts;
      const key = formatReference(repository, config.digest);
      const known = facts.get(key);
      if (known !== undefined) return known;
      let found: ImageFacts;
      try {
        const document = parseJsonObject(await api.blob(repository, config.digest, maxConfigBytes));
        found = { platform: parsePlatform(document), created: timeOf(document?.['created']) };
      } catch (error) {
        // A blob can be missing or damaged. A list still shows everything else.
        if (error instanceof DockpassError && error.code === 'registry_unreachable') throw error;
        return noFacts;
      }
      facts.set(key, found);
      return found;
    },
  };
}
