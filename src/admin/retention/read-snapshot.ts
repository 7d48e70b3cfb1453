import { DockpassError } from '../../errors.ts';
import { orMissing, wholeDigest, wholeTag } from '../../registry/api-client.ts';
import { findUnlistedTags, tagsToVerify } from '../../retention/short-list.ts';
import { parseSubjectTag } from '../../retention/subject-tag.ts';
import type { ManifestSnapshot, Pull, RepositorySnapshot } from '../../retention/snapshot.ts';
import type { ManifestHistory, ObservedRepository, RepositoryHistory } from '../../store/store.ts';
import { parseContent, type ManifestContent } from './read-manifest.ts';
import type { RetentionParts } from './retention-parts.ts';

/** The digests of earlier plans in one repository. */
export interface EarlierPlans {
  readonly deleted: ReadonlySet<string>;
  readonly left: ReadonlySet<string>;
}

export interface ReadRepository {
  readonly snapshot: RepositorySnapshot;
  /** What the database should remember of this reading. */
  readonly observed: ObservedRepository;
}

/**
 * Reads everything about a repository that retention must know: from the registry, and from the usage of images.
 * @param deletesSingleTags see `RepositorySnapshot`
 * @param now the time of the plan, in milliseconds since the epoch
 * @throws DockpassError `list_incomplete` if the list of tags lacks a tag that exists; `registry_unreachable`,
 *   `registry_refused` if anything cannot be read
 */
export async function readRepository(
  { store, registry: { api, manifests: reader }, signal }: RetentionParts,
  repository: string,
  deletesSingleTags: boolean,
  earlier: EarlierPlans,
  now: number,
): Promise<ReadRepository> {
  const believed = new Map(
    (await store.usage.history(repository)).tags.map(({ name, digest }) => [name, digest ?? '']),
  );
  const manifests = new Map<string, ManifestContent>();
  const tags = new Map<string, string>();
  const readTags = async (names: readonly string[]): Promise<void> => {
    await Promise.all(
      names.map(async (name) => {
        signal?.throwIfAborted();
        const found = await orMissing(reader.read(repository, name, believed.get(name) ?? ''));
        if (found === undefined) return;
        tags.set(name, found.digest);
        manifests.set(found.digest, found);
      }),
    );
  };
  const listed = await listTags(api, repository);
  await readTags(listed);
  // The usage is read after the tags, so that it is at least as new.
  const history = await store.usage.history(repository);
  const known = history.tags.flatMap(({ name, digest }) => (digest === undefined ? [] : name));
  const missing = new Set(tagsToVerify(listed, known));
  const found = await existing(api, repository, [...missing]);
  if (found.length > 0) {
    // A tag can have been pushed after the first list.
    const again = await listTags(api, repository);
    const [unlisted] = findUnlistedTags(again, found);
    if (unlisted !== undefined) throw incompleteList(repository, unlisted);
    await readTags(found);
    for (const name of found) missing.delete(name);
  }

  // Read the manifests that have no tag, and what all these contain or refer to.
  const named = history.manifests.map(({ digest }) => digest);
  const missingManifests: string[] = [];
  const subjects = [...tags.keys()].flatMap((tag) => parseSubjectTag(tag)?.subject ?? []);
  const first = new Set([
    ...[...manifests.keys(), ...named.filter((digest) => wholeDigest.test(digest))],
    ...[...earlier.left, ...subjects],
  ]);
  const seen = new Set(first);
  const readDigests = async (digests: readonly string[]): Promise<void> => {
    const next: string[] = [];
    await Promise.all(
      digests.map(async (digest) => {
        signal?.throwIfAborted();
        const read = manifests.get(digest) ?? (await orMissing(reader.read(repository, digest, digest)));
        if (read === undefined) missingManifests.push(digest);
        else {
          manifests.set(digest, read);
          next.push(...read.children);
          if (read.subject !== undefined) next.push(read.subject);
        }
      }),
    );
    const unread = [...new Set(next)].filter((digest) => !seen.has(digest));
    for (const digest of unread) seen.add(digest);
    if (unread.length > 0) await readDigests(unread);
  };
  await readDigests([...first]);
  await readReferrers(api, repository, manifests, async (digests) => {
    const unread = digests.filter((digest) => !seen.has(digest));
    for (const digest of unread) seen.add(digest);
    await readDigests(unread);
  });

  const untagged = unreportedLosses(history, tags);
  const byDigest = new Map(history.manifests.map((manifest) => [manifest.digest, manifest]));
  const withTag = new Set(tags.values());
  const namedMissing = new Set(named);
  return {
    snapshot: {
      repository,
      deletesSingleTags,
      tags: tagSnapshots(history, tags),
      manifests: [...manifests.values()]
        .sort((a, b) => compare(a.digest, b.digest))
        .map((content) =>
          manifestSnapshot(content, byDigest.get(content.digest), (untaggedAt) =>
            withTag.has(content.digest)
              ? undefined
              : untagged.has(content.digest)
                ? Math.max(now, untaggedAt ?? now)
                : untaggedAt,
          ),
        ),
      deletedByPlans: new Set([...earlier.deleted].filter((digest) => !manifests.has(digest))),
      leftByPlans: new Set([...earlier.left].filter((digest) => manifests.has(digest))),
    },
    observed: {
      tags: [...tags].map(([name, digest]) => ({ name, digest })),
      missingTags: [...missing],
      untagged: [...untagged].filter((digest) => !withTag.has(digest)),
      missingManifests: missingManifests.filter((digest) => namedMissing.has(digest)),
    },
  };
}

function tagSnapshots(
  history: RepositoryHistory,
  tags: ReadonlyMap<string, string>,
): RepositorySnapshot['tags'] {
  const byName = new Map(history.tags.map((tag) => [tag.name, tag]));
  return [...tags]
    .sort(([a], [b]) => compare(a, b))
    .map(([name, digest]) => {
      const known = byName.get(name);
      return { name, digest, lastPush: known?.push, lastPull: pullOf(known?.lastPull) };
    });
}

function manifestSnapshot(
  content: ManifestContent,
  known: ManifestHistory | undefined,
  lostAt: (untaggedAt: number | undefined) => number | undefined,
): ManifestSnapshot {
  return {
    ...content,
    lastPushAt: known?.pushedAt,
    lastPull: pullOf(known?.lastPull),
    lostLastTagAt: lostAt(known?.untaggedAt),
    isNamedByEvents: known?.isNamedByEvents ?? false,
  };
}

function pullOf(pull: { readonly at: number; readonly by: string } | undefined): Pull | undefined {
  return pull && { at: pull.at, by: pull.by || null };
}

/**
 * Returns the digests of tags that now have another digest or are gone, although no event said so. The time of the loss
 * is not known, so it counts from now.
 */
function unreportedLosses({ tags }: RepositoryHistory, actual: ReadonlyMap<string, string>): Set<string> {
  return new Set(
    tags.flatMap(({ name, digest }) => (digest === undefined || actual.get(name) === digest ? [] : [digest])),
  );
}

/** @throws DockpassError `registry_refused` if the list contains a text that is no tag */
export async function listTags(
  api: Pick<RetentionParts['registry']['api'], 'tags'>,
  repository: string,
): Promise<readonly string[]> {
  const tags = (await orMissing(api.tags(repository))) ?? [];
  const wrong = tags.find((tag) => !wholeTag.test(tag));
  if (wrong !== undefined)
    throw new DockpassError(
      'registry_refused',
      `the list of tags of ${repository} contains ${JSON.stringify(wrong.slice(0, 80))}, which is no tag. Nothing is deleted. Check the storage of the registry.`,
    );
  return tags;
}

async function existing(
  api: Pick<RetentionParts['registry']['api'], 'digestOf'>,
  repository: string,
  tags: readonly string[],
): Promise<string[]> {
  const digests = await Promise.all(
    tags
      .filter((tag) => wholeTag.test(tag))
      .map(async (tag) => ({
        tag,
        digest: await orMissing(api.digestOf(repository, tag)),
      })),
  );
  return digests.flatMap(({ tag, digest }) => (digest === undefined ? [] : tag));
}

/**
 * Reads the manifests that refer to others, from a registry that can list them. Distribution cannot; there, clients
 * list referrers in a tag.
 */
async function readReferrers(
  api: Pick<RetentionParts['registry']['api'], 'referrers'>,
  repository: string,
  manifests: ReadonlyMap<string, ManifestContent>,
  read: (digests: readonly string[]) => Promise<void>,
): Promise<void> {
  const asked = new Set<string>();
  for (;;) {
    const [first, ...rest] = [...manifests.keys()].filter((digest) => !asked.has(digest));
    if (first === undefined) return;
    // The first answer says whether the registry has the endpoint.
    const answer = await api.referrers(repository, first);
    if (answer === undefined) return;
    const others = await Promise.all(rest.map((digest) => api.referrers(repository, digest)));
    for (const digest of [first, ...rest]) asked.add(digest);
    await read(
      [answer, ...others].flatMap((content) =>
        content === undefined ? [] : parseContent(repository, first, '', content).children,
      ),
    );
  }
}

function incompleteList(repository: string, tag: string): DockpassError {
  return new DockpassError(
    'list_incomplete',
    `the registry lists the tags of ${repository} without ${tag}, but it has this tag. The list may lack other tags too, so nothing is deleted. Check the registry and its storage, then make a new plan.`,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
