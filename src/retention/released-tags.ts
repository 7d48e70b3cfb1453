import { matches } from '../policy/pattern.ts';
import type { KeepConditions } from './rule.ts';
import type { ManifestSnapshot, RepositorySnapshot, TagSnapshot } from './snapshot.ts';
import { parseSubjectTag } from './subject-tag.ts';

/** What was pushed within this many milliseconds is never deleted. */
const freshMs = 24 * 60 * 60 * 1000;

/** What a rule says about the tags of a repository. */
export interface ReleasedTags {
  /** The tags that the rule does not keep. A subject tag is deleted only together with its subject. */
  readonly released: ReadonlySet<string>;
  /** The ordinary tags that stay only because no event reported the push of their present digest. */
  readonly unreported: readonly string[];
}

/**
 * Decides which tags a rule keeps. The answer does not depend on other tags, except for `newest`.
 * @param manifests the manifests of the repository by digest
 * @param now in milliseconds since the epoch
 */
export function releaseTags(
  { tags }: RepositorySnapshot,
  manifests: ReadonlyMap<string, ManifestSnapshot>,
  keep: KeepConditions,
  now: number,
): ReleasedTags {
  const newest = newestTags(tags, keep.newest ?? 0);
  const isWithin = (at: number | undefined, seconds: number | undefined): boolean =>
    seconds !== undefined && at !== undefined && at >= now - seconds * 1000;
  const keeps = (tag: TagSnapshot): boolean => {
    if (keep.tags.some((pattern) => matches(pattern, tag.name))) return true;
    // A subject tag stays or goes with its subject, so the other conditions do not apply.
    if (parseSubjectTag(tag.name) !== undefined) return false;
    return (
      newest.has(tag.name) ||
      isWithin(tag.lastPush?.at, keep.pushedWithin) ||
      isWithin(tag.lastPull?.at, keep.pulledWithin) ||
      isWithin(manifests.get(tag.digest)?.lastPull?.at, keep.pulledWithin)
    );
  };
  const released = new Set<string>();
  const unreported: string[] = [];
  for (const tag of tags) {
    if (keeps(tag)) continue;
    if (!isReported(tag)) {
      if (parseSubjectTag(tag.name) === undefined) unreported.push(tag.name);
    } else if (!isFresh(tag.lastPush?.at, now) && !isFreshManifest(manifests.get(tag.digest), now))
      released.add(tag.name);
  }
  return { released, unreported };
}

/** Returns true if it was pushed within 24 hours, or later than now by a clock that differs. */
function isFresh(at: number | undefined, now: number): boolean {
  return at !== undefined && at > now - freshMs;
}

/**
 * Returns true if the manifest may have been pushed within 24 hours. A manifest that lost its last tag within this time
 * may have been pushed by that tag.
 */
export function isFreshManifest(manifest: ManifestSnapshot | undefined, now: number): boolean {
  return isFresh(manifest?.lastPushAt, now) || isFresh(manifest?.lostLastTagAt, now);
}

/** Returns true if events reported the push of the digest that the tag has. */
function isReported({ digest, lastPush }: TagSnapshot): boolean {
  return lastPush?.digest === digest;
}

/**
 * Returns the ordinary tags that were pushed last. A tag whose push was not reported stays in any case, and its time is
 * not known, so it takes no place. Tags that were pushed at the same time are ordered by name.
 */
function newestTags(tags: readonly TagSnapshot[], count: number): ReadonlySet<string> {
  if (count === 0) return new Set();
  return new Set(
    tags
      .filter((tag) => parseSubjectTag(tag.name) === undefined && isReported(tag))
      .sort((a, b) => (b.lastPush?.at ?? 0) - (a.lastPush?.at ?? 0) || (a.name < b.name ? 1 : -1))
      .slice(0, count)
      .map(({ name }) => name),
  );
}
