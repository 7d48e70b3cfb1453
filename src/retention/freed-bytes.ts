import type { ManifestSnapshot, RepositorySnapshot } from './snapshot.ts';

/**
 * Returns for each deleted manifest, in the order of deletion, the bytes that garbage collection can free afterwards:
 * those of the manifest, its configuration and its layers to which no manifest refers any more. A registry stores a blob
 * once for all repositories, so the manifests of all snapshots count.
 */
export function freedBytes(
  snapshots: readonly RepositorySnapshot[],
  deleted: readonly ManifestSnapshot[],
): number[] {
  const counts = new Map<string, number>();
  for (const manifest of deleted) for (const { digest } of blobsOf(manifest)) counts.set(digest, 0);
  for (const { manifests } of snapshots)
    for (const manifest of manifests)
      for (const { digest } of blobsOf(manifest)) {
        const count = counts.get(digest);
        if (count !== undefined) counts.set(digest, count + 1);
      }
  return deleted.map((manifest) => {
    let bytes = 0;
    for (const { digest, size } of blobsOf(manifest)) {
      const count = (counts.get(digest) ?? 0) - 1;
      counts.set(digest, count);
      if (count === 0) bytes += size;
    }
    return bytes;
  });
}

/** Returns the manifest itself, its configuration and its layers, each once. */
function blobsOf({ digest, size, blobs }: ManifestSnapshot): Iterable<{ digest: string; size: number }> {
  return new Map([{ digest, size }, ...blobs].map((blob) => [blob.digest, blob])).values();
}
