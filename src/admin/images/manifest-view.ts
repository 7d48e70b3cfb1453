import { orMissing } from '../../registry/api-client.ts';
import type { ImageRegistry } from './image-registry.ts';
import { isIndexAttestation, kindOfTypes, type ManifestKind } from './manifest-kind.ts';
import { parseManifest, type Descriptor } from './parse-manifest.ts';
import { findReferrers, referrerOf, summarize, type ImageSummary, type Referrer } from './tags.ts';

/** Everything about one manifest. `GET /repositories/{name}/manifests/{reference}` answers with this object. */
export interface ManifestView extends ImageSummary {
  readonly digest: string;
  /** The size of the manifest itself, in bytes. */
  readonly manifestSize: number;
  /** The digest of the manifest that this one refers to. */
  readonly subject: string | null;
  readonly config: Descriptor | null;
  readonly layers: readonly Descriptor[];
  /** The entries of an index. Empty for every other manifest. */
  readonly manifests: readonly (Descriptor & { readonly kind: ManifestKind })[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly referrers: readonly Referrer[];
}

/**
 * Describes the manifest with this tag or digest.
 * @throws DockpassError `no_such_image`, `registry_unreachable`, `registry_refused`
 */
export async function viewManifest(
  registry: ImageRegistry,
  repository: string,
  reference: string,
): Promise<ManifestView> {
  const manifest = await registry.manifests.read(repository, reference);
  const { digest, size, subject, config, layers, manifests = [], annotations } = manifest;
  const [summary, byEndpoint, tags] = await Promise.all([
    summarize(registry, repository, manifest),
    registry.api.referrers(repository, digest),
    registry.tagLists.read(repository, 10_000),
  ]);
  const entries = manifests.map((entry) => ({
    ...entry,
    kind: isIndexAttestation(entry.annotations)
      ? ('attestation' as const)
      : (kindOfTypes([entry.artifactType]) ?? (entry.mediaType.includes('index') ? 'index' : 'image')),
  }));
  const byTag = await findReferrers(registry, repository, digest, new Set(tags));
  const listed = byEndpoint && parseManifest(digest, '', byEndpoint)?.manifests?.map(referrerOf);
  return {
    digest,
    ...summary,
    ...{ manifestSize: size, subject, config, layers, manifests: entries, annotations },
    referrers: withoutRepeats([...byTag, ...(listed ?? [])]),
  };
}

/** A registry with an endpoint for referrers can list a referrer that also has a tag. */
function withoutRepeats(referrers: readonly Referrer[]): Referrer[] {
  return [...new Map(referrers.map((referrer) => [referrer.digest ?? referrer.tag, referrer])).values()];
}

/**
 * Returns the tags that refer to the manifest with this digest. This asks the registry for each tag of the repository.
 * @throws DockpassError `no_such_image` if the repository does not exist
 */
export async function tagsOf(registry: ImageRegistry, repository: string, digest: string): Promise<string[]> {
  const tags = await registry.tagLists.read(repository, 0);
  const digests = await Promise.all(
    // A tag or its manifest can be deleted after the list of tags was read.
    tags.map((tag) => orMissing(registry.api.digestOf(repository, tag))),
  );
  return tags.filter((_, index) => digests[index] === digest);
}
