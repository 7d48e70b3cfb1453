import type { Deletion } from '../../../src/retention/plan.ts';
import type { ManifestSnapshot, RepositorySnapshot } from '../../../src/retention/snapshot.ts';

/** A registry in memory that deletes as distribution does. */
export interface RegistryModel {
  /** Does one deletion of a plan. Returns what is wrong with it, or undefined. */
  delete(deletion: Deletion): string | undefined;
  /** Returns what is wrong with the registry, or undefined if every tag can be pulled, with its signatures. */
  fault(): string | undefined;
  /** Returns the bytes that garbage collection would leave. */
  bytes(): number;
  /** Returns the repositories as they are now. `left` are the deletions of a plan that have not been done. */
  snapshots(left: readonly Deletion[]): RepositorySnapshot[];
}

interface Repository {
  readonly before: RepositorySnapshot;
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, ManifestSnapshot>;
  readonly existed: ReadonlySet<string>;
}

export function registryModel(before: readonly RepositorySnapshot[]): RegistryModel {
  const repositories = new Map(
    before.map((snapshot): [string, Repository] => {
      const manifests = new Map(snapshot.manifests.map((manifest) => [manifest.digest, manifest]));
      const tags = new Map(snapshot.tags.map(({ name, digest }) => [name, digest]));
      return [snapshot.repository, { before: snapshot, tags, manifests, existed: new Set(manifests.keys()) }];
    }),
  );
  return {
    delete: ({ repository, tag, digest, request }) => {
      const found = repositories.get(repository);
      if (found === undefined) return `there is no repository ${repository}`;
      const { tags, manifests } = found;
      if (request === 'nothing') {
        return tag === null || tags.has(tag) ? `the tag ${tag} is still there` : undefined;
      }
      if (tag !== null && tags.get(tag) !== digest) return `the tag ${tag} is not ${digest}`;
      if (request === 'tag') {
        if (tag === null || !found.before.deletesSingleTags) return 'the registry cannot delete the tag';
        tags.delete(tag);
        return undefined;
      }
      if (!manifests.delete(digest)) return `there is no manifest ${digest}`;
      for (const [name, target] of tags) if (target === digest) tags.delete(name);
      return undefined;
    },
    fault: () => {
      for (const [name, repository] of repositories) {
        const fault = faultOf(repository);
        if (fault !== undefined) return `${name}: ${fault}`;
      }
      return undefined;
    },
    bytes: () => {
      const blobs = new Map<string, number>();
      for (const { manifests } of repositories.values())
        for (const { digest, size, blobs: own } of manifests.values())
          for (const blob of [{ digest, size }, ...own]) blobs.set(blob.digest, blob.size);
      return [...blobs.values()].reduce((sum, size) => sum + size, 0);
    },
    snapshots: (left) =>
      [...repositories.values()].map(({ before: snapshot, tags, manifests, existed }) => ({
        ...snapshot,
        tags: snapshot.tags.filter(({ name }) => tags.has(name)),
        manifests: [...manifests.values()],
        deletedByPlans: new Set([
          ...snapshot.deletedByPlans,
          ...[...existed].filter((digest) => !manifests.has(digest)),
        ]),
        leftByPlans: new Set([
          ...snapshot.leftByPlans,
          ...left.filter(({ repository }) => repository === snapshot.repository).map(({ digest }) => digest),
        ]),
      })),
  };
}

function faultOf({ before, tags, manifests, existed }: Repository): string | undefined {
  for (const [tag, digest] of tags) if (!manifests.has(digest)) return `the tag ${tag} has no manifest`;
  for (const { digest, children } of manifests.values())
    for (const child of children)
      if (existed.has(child) && !manifests.has(child)) return `${digest} lacks its child ${child}`;
  for (const { digest, subject } of before.manifests)
    if (subject !== undefined && manifests.has(subject) && !manifests.has(digest))
      return `${subject} lacks its referrer ${digest}`;
  for (const { name } of before.tags) {
    const subject = `sha256:${name.slice(7, 71)}`;
    if (name.startsWith('sha256-') && manifests.has(subject) && !tags.has(name))
      return `${subject} lacks the tag ${name}`;
  }
  return undefined;
}
