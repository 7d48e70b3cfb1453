import {
  reasonOfChild,
  reasonOfReferrer,
  reasonOfRemainder,
  reasonOfTag,
  reasonOfUntagged,
} from './reason.ts';
import { isFreshManifest } from './released-tags.ts';
import type { RetentionRule } from './rule.ts';
import type { ManifestSnapshot, RepositorySnapshot, TagSnapshot } from './snapshot.ts';
import { parseSubjectTag } from './subject-tag.ts';

export interface UnneededManifest {
  readonly manifest: ManifestSnapshot;
  /** All its tags, sorted by name, each with the reason why it goes. */
  readonly tags: readonly { readonly tag: TagSnapshot; readonly reason: string }[];
  /** Why the manifest goes, if it has no tag. */
  readonly reason: string;
}

/** A repository with the relations between its manifests, and the rule that decides about it. */
export interface RuledRepository {
  readonly rule: RetentionRule;
  readonly snapshot: RepositorySnapshot;
  /** By digest. */
  readonly manifests: ReadonlyMap<string, ManifestSnapshot>;
  /** The tags that the rule does not keep. */
  readonly released: ReadonlySet<string>;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Finds the manifests that nothing needs. A manifest is needed as long as one of these is there:
 * - a tag that stays. Tags that the rule releases do not count; a released subject tag counts as long as its subject is
 *   there
 * - an index that contains it
 * - its subject, because referrers stay with their subject
 *
 * What was pushed by digest within 24 hours is needed too. Of the others, those go that have lost their tags, that are
 * part of a deleted index, whose subject is deleted, or that had no tag for longer than `untagged`.
 *
 * The result starts empty and only grows, so manifests that only need each other stay.
 * @returns the manifests in an order in which they can be deleted: each comes after all that needed it
 */
export function findUnneeded(repository: RuledRepository): ReadonlyMap<string, UnneededManifest> {
  const { snapshot, manifests } = repository;
  const { tags, indexes, dependents, needs } = relationsOf(repository);
  const gone = new Map<string, UnneededManifest>();
  // Manifests with tags come first, in the order of their tags. So the same repository always gives the same order.
  const byTag = [...snapshot.tags].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ digest }) => digest);
  for (const first of new Set([...byTag, ...[...manifests.keys()].sort()])) {
    const pending = [first];
    for (const digest of pending) {
      const manifest = manifests.get(digest);
      if (manifest === undefined || gone.has(digest) || (needs.get(digest) ?? 0) > 0) continue;
      const own = (tags.get(digest) ?? []).map((tag) => ({
        tag,
        reason: whyTagGoes(tag, repository, gone) ?? '',
      }));
      const reason = own[0]?.reason ?? whyUntaggedGoes(manifest, indexes.get(digest)?.[0], repository, gone);
      if (reason === undefined) continue;
      gone.set(digest, { manifest, tags: own, reason });
      for (const dependent of dependents.get(digest) ?? []) {
        needs.set(dependent, (needs.get(dependent) ?? 0) - 1);
        pending.push(dependent);
      }
    }
  }
  return gone;
}

interface Relations {
  /** The tags of each manifest, sorted by name. */
  readonly tags: ReadonlyMap<string, readonly TagSnapshot[]>;
  /** The indexes that contain a manifest. */
  readonly indexes: ReadonlyMap<string, readonly string[]>;
  /**
   * What a manifest keeps from being deleted: its children, its referrers, and the manifests with its subject tags. There
   * is one entry for each of these reasons.
   */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** How many reasons keep a manifest from being deleted. */
  readonly needs: Map<string, number>;
}

function relationsOf({ rule, snapshot, manifests, released, now }: RuledRepository): Relations {
  const tags = new Map<string, TagSnapshot[]>();
  const indexes = new Map<string, string[]>();
  const dependents = new Map<string, string[]>();
  const needs = new Map<string, number>();
  const need = (digest: string, by?: string): void => {
    needs.set(digest, (needs.get(digest) ?? 0) + 1);
    if (by !== undefined) push(dependents, by, digest);
  };
  for (const manifest of [...manifests.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1))) {
    const { digest, children, subject } = manifest;
    for (const child of children) {
      push(indexes, child, digest);
      need(child, digest);
    }
    if (subject !== undefined && manifests.has(subject)) need(digest, subject);
    if (isFreshManifest(manifest, now)) need(digest);
  }
  for (const tag of [...snapshot.tags].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    push(tags, tag.digest, tag);
    const subject = parseSubjectTag(tag.name)?.subject;
    const mayGo = rule.keep !== undefined && released.has(tag.name);
    if (mayGo && subject !== undefined && manifests.has(subject)) need(tag.digest, subject);
    else if (whyTagGoes(tag, { rule, snapshot, manifests, released, now }, new Set()) === undefined)
      need(tag.digest);
  }
  return { tags, indexes, dependents, needs };
}

/** Says why a tag goes when the manifests in `gone` are deleted. Undefined if it stays. */
export function whyTagGoes(
  { name }: TagSnapshot,
  { rule, snapshot, manifests, released }: RuledRepository,
  gone: { has(digest: string): boolean },
): string | undefined {
  if (rule.keep === undefined || !released.has(name)) return undefined;
  const subjectTag = parseSubjectTag(name);
  if (subjectTag === undefined) return reasonOfTag(rule.keep);
  const { subject } = subjectTag;
  return subject !== undefined && isDeleted(subject, snapshot, manifests, gone)
    ? reasonOfReferrer(subject)
    : undefined;
}

function whyUntaggedGoes(
  manifest: ManifestSnapshot,
  index: string | undefined,
  { rule, snapshot, manifests, now }: RuledRepository,
  gone: { has(digest: string): boolean },
): string | undefined {
  const { digest, subject, lastPull } = manifest;
  const pulledWithin = rule.keep?.pulledWithin;
  const isPulled =
    pulledWithin !== undefined && lastPull !== undefined && lastPull.at >= now - pulledWithin * 1000;
  if (subject !== undefined && isDeleted(subject, snapshot, manifests, gone))
    return reasonOfReferrer(subject);
  // A cluster can use one image of an index by its own digest, so such an image stays after its index.
  if (index !== undefined && !isPulled) return reasonOfChild(index);
  if (snapshot.leftByPlans.has(digest) && !isPulled) return reasonOfRemainder;
  const usedAt = lastUseOfUntagged(manifest);
  return rule.untagged !== undefined && usedAt !== undefined && usedAt < now - rule.untagged * 1000
    ? reasonOfUntagged(rule.untagged)
    : undefined;
}

/**
 * Returns the time from which the age of a manifest without a tag counts: the latest of the last push by digest, the
 * last pull by digest, and the loss of the last tag. Undefined if events did not name the manifest, or if none of these
 * times is known.
 */
function lastUseOfUntagged(manifest: ManifestSnapshot): number | undefined {
  const { isNamedByEvents, lastPushAt, lastPull, lostLastTagAt } = manifest;
  const times = [lastPushAt, lastPull?.at, lostLastTagAt].filter((at) => at !== undefined);
  return isNamedByEvents && times.length > 0 ? Math.max(...times) : undefined;
}

/** Returns true if this plan deletes the manifest, or if an earlier plan has deleted it and it was not pushed again. */
function isDeleted(
  digest: string,
  { deletedByPlans }: RepositorySnapshot,
  manifests: ReadonlyMap<string, unknown>,
  gone: { has(digest: string): boolean },
): boolean {
  return gone.has(digest) || (!manifests.has(digest) && deletedByPlans.has(digest));
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [item]);
  else known.push(item);
}
