import type {
  ManifestSnapshot,
  Pull,
  RepositorySnapshot,
  TagSnapshot,
} from '../../../src/retention/snapshot.ts';

const hour = 60 * 60 * 1000;
export const day = 24 * hour;
/** The time at which plans are made in tests. */
export const now = Date.UTC(2026, 10, 29, 3);

/** Returns the digest with this number. */
export function digestOf(number: number): string {
  return `sha256:${number.toString(16).padStart(64, '0')}`;
}

/** Returns a tag that belongs to the manifest with this number, as cosign writes it. */
export function subjectTagOf(number: number, suffix = '.sig'): string {
  return `${digestOf(number).replace(':', '-')}${suffix}`;
}

/** Something that happened some days before `now`. */
export function pulled(daysAgo: number, by: string | null = 'alice'): Pull {
  return { at: now - daysAgo * day, by };
}

/** A manifest with one layer of 1000 bytes, which no event named. */
export function manifest(number: number, more: Partial<ManifestSnapshot> = {}): ManifestSnapshot {
  return {
    digest: digestOf(number),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 100,
    blobs: [{ digest: digestOf(number + 1_000_000), size: 1000 }],
    children: [],
    subject: undefined,
    lastPushAt: undefined,
    lastPull: undefined,
    lostLastTagAt: undefined,
    isNamedByEvents: false,
    ...more,
  };
}

/** An index of the manifests with these numbers. */
export function index(
  number: number,
  children: readonly number[],
  more: Partial<ManifestSnapshot> = {},
): ManifestSnapshot {
  return manifest(number, {
    mediaType: 'application/vnd.oci.image.index.v1+json',
    blobs: [],
    children: children.map(digestOf),
    ...more,
  });
}

/** A tag of the manifest with this number, which was pushed some days ago, as events reported. */
export function tag(
  name: string,
  number: number,
  daysAgo: number,
  more: Partial<TagSnapshot> = {},
): TagSnapshot {
  const digest = digestOf(number);
  return { name, digest, lastPush: { at: now - daysAgo * day, digest }, lastPull: undefined, ...more };
}

/** A repository at a registry that deletes single tags. */
export function repository(
  tags: readonly TagSnapshot[],
  manifests: readonly ManifestSnapshot[],
  more: Partial<RepositorySnapshot> = {},
): RepositorySnapshot {
  return {
    repository: 'ci/app',
    deletesSingleTags: true,
    tags,
    manifests,
    deletedByPlans: new Set(),
    leftByPlans: new Set(),
    ...more,
  };
}
