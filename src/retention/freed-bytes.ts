import type { Blob, ManifestSnapshot, RepositorySnapshot } from './snapshot.ts';

/** How often manifests refer to a blob. */
interface References {
  count: number;
  /** The manifest that was counted last. A manifest can name a layer twice. */
  last: ManifestSnapshot | undefined;
}

/**
 * Returns for each deleted manifest, in the order of deletion, the bytes that garbage collection can free afterwards:
 * those of the manifest, its configuration and its layers to which no manifest refers any more. A registry stores a blob
 * once for all repositories, so the manifests of all snapshots count.
 */
export function freedBytes(
  snapshots: readonly RepositorySnapshot[],
  deleted: readonly ManifestSnapshot[],
): number[] {
  const all = new Map<string, References>();
  for (const manifest of deleted)
    for (const { digest } of blobsOf(manifest)) all.set(digest, { count: 0, last: undefined });
  const change = (manifest: ManifestSnapshot, by: 1 | -1): number => {
    let unused = 0;
    for (const { digest, size } of blobsOf(manifest)) {
      const references = all.get(digest);
      if (references === undefined || references.last === manifest) continue;
      references.last = manifest;
      references.count += by;
      if (references.count === 0) unused += size;
    }
    return unused;
  };
  for (const { manifests } of snapshots) for (const manifest of manifests) change(manifest, 1);
  // The last manifest that was counted can be the first one that is deleted.
  for (const references of all.values()) references.last = undefined;
  return deleted.map((manifest) => change(manifest, -1));
}

/** Returns the manifest itself, its configuration and its layers. */
function blobsOf(manifest: ManifestSnapshot): readonly Blob[] {
  return [manifest, ...manifest.blobs];
}
