import type { PlanFacts } from '../../../src/retention/plan.ts';
import type { ManifestSnapshot, RepositorySnapshot, TagSnapshot } from '../../../src/retention/snapshot.ts';
import type { WrittenRule } from './rules.ts';

/**
 * A simple and slow reference of retention. It does not look for what goes, but for what stays: it begins with what
 * stays for a reason of its own, and adds what that needs, until nothing is added.
 */
export interface Survivors {
  readonly tags: ReadonlySet<string>;
  /** By digest. */
  readonly manifests: ReadonlySet<string>;
}

const expressions = new Map<string, RegExp>();

/** Says whether a pattern with stars matches a text. */
function fits(pattern: string, text: string): boolean {
  const known = expressions.get(pattern);
  if (known !== undefined) return known.test(text);
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
  const expression = new RegExp(`^${source}$`, 's');
  expressions.set(pattern, expression);
  return expression.test(text);
}

export function naiveRule(rules: readonly WrittenRule[], name: string): WrittenRule | undefined {
  for (const rule of rules) for (const pattern of rule.on) if (fits(pattern, name)) return rule;
  return undefined;
}

/** Returns the digest in the name of a tag that belongs to another manifest. */
function subjectOf(tag: string): string | undefined {
  return /^sha256-[0-9a-f]{64}(\.[a-z]+)?$/.test(tag) ? `sha256:${tag.slice(7, 71)}` : undefined;
}

function isOrdinary({ name }: TagSnapshot): boolean {
  return !name.startsWith('sha256-');
}

const dayMs = 86_400_000;

/** Says whether the rule keeps a tag, whatever other manifests need. */
export function keepsTag(
  tag: TagSnapshot,
  { tags, manifests }: RepositorySnapshot,
  { keep }: WrittenRule,
  now: number,
): boolean {
  if (keep === undefined) return true;
  // A tag whose push was never reported, or whose digest differs from the reported one, stays.
  if (tag.lastPush === undefined || tag.lastPush.digest !== tag.digest) return true;
  // What was pushed within 24 h stays.
  const manifest = manifests.find(({ digest }) => digest === tag.digest);
  if (now - tag.lastPush.at < dayMs || isFresh(manifest, now)) return true;
  for (const pattern of keep.tags ?? []) if (fits(pattern, tag.name)) return true;
  // sha256-… tags take no place and stay or go with their subject.
  if (!isOrdinary(tag)) return false;
  if (keep.pushedWithin !== undefined && now - tag.lastPush.at <= keep.pushedWithin * 1000) return true;
  // pulledWithin counts pulls by tag and by the digest of the tag's manifest.
  for (const pull of [tag.lastPull, manifest?.lastPull])
    if (keep.pulledWithin !== undefined && pull !== undefined && now - pull.at <= keep.pulledWithin * 1000)
      return true;
  // newest counts ordinary tags by their last push.
  let newer = 0;
  for (const other of tags) {
    if (!isOrdinary(other) || other.lastPush === undefined || other.lastPush.digest !== other.digest)
      continue;
    if (other.lastPush.at > tag.lastPush.at) newer++;
    if (other.lastPush.at === tag.lastPush.at && other.name > tag.name) newer++;
  }
  return keep.newest !== undefined && newer < keep.newest;
}

function isFresh(manifest: ManifestSnapshot | undefined, now: number): boolean {
  return [manifest?.lastPushAt, manifest?.lostLastTagAt].some((at) => at !== undefined && now - at < dayMs);
}

export function naiveSurvivors(
  rules: readonly WrittenRule[],
  snapshot: RepositorySnapshot,
  { now, eventsSince }: PlanFacts,
): Survivors {
  const { tags, manifests, deletesSingleTags, deletedByPlans, leftByPlans } = snapshot;
  const everything: Survivors = {
    tags: new Set(tags.map(({ name }) => name)),
    manifests: new Set(manifests.map(({ digest }) => digest)),
  };
  // Repositories without a rule are never touched.
  const rule = naiveRule(rules, snapshot.repository);
  if (rule === undefined) return everything;
  // pulledWithin: D deletes nothing until events have been received for D.
  const wait = rule.keep?.pulledWithin;
  if (wait !== undefined && (eventsSince === undefined || now - eventsSince < wait * 1000)) return everything;

  const isWithin = (at: number | undefined, seconds: number | undefined): boolean =>
    at !== undefined && seconds !== undefined && now - at <= seconds * 1000;
  const exists = (digest: string | undefined): boolean =>
    digest !== undefined && everything.manifests.has(digest);
  const staysAlone = (manifest: ManifestSnapshot): boolean => {
    const { digest, subject, lastPull, lastPushAt, lostLastTagAt, isNamedByEvents } = manifest;
    if (isFresh(manifest, now)) return true;
    if (tags.some((tag) => tag.digest === digest)) return false;
    if (subject !== undefined && (exists(subject) || deletedByPlans.has(subject))) return false;
    const times = [lastPushAt, lastPull?.at, lostLastTagAt].filter((at) => at !== undefined);
    const isOld = times.length > 0 && times.every((at) => !isWithin(at, rule.untagged));
    if (rule.untagged !== undefined && isNamedByEvents && isOld) return false;
    if (isWithin(lastPull?.at, rule.keep?.pulledWithin)) return true;
    return !leftByPlans.has(digest) && !manifests.some(({ children }) => children.includes(digest));
  };

  const [tagsThatStay, manifestsThatStay] = [new Set<string>(), new Set<string>()];
  for (let size = -1; size < tagsThatStay.size + manifestsThatStay.size;) {
    size = tagsThatStay.size + manifestsThatStay.size;
    for (const tag of tags) {
      const subject = subjectOf(tag.name);
      const goesWithSubject = subject !== undefined && (exists(subject) || deletedByPlans.has(subject));
      const isKept =
        keepsTag(tag, snapshot, rule, now) ||
        (subject !== undefined && manifestsThatStay.has(subject)) ||
        (!isOrdinary(tag) && !goesWithSubject);
      // On 2.8, a tag stays as long as its manifest.
      if (isKept || (!deletesSingleTags && manifestsThatStay.has(tag.digest))) tagsThatStay.add(tag.name);
      if (isKept) manifestsThatStay.add(tag.digest);
    }
    for (const manifest of manifests) {
      const { digest, subject } = manifest;
      const isChild = manifests.some(
        (index) => manifestsThatStay.has(index.digest) && index.children.includes(digest),
      );
      if (staysAlone(manifest) || isChild || (subject !== undefined && manifestsThatStay.has(subject)))
        manifestsThatStay.add(digest);
    }
  }
  return { tags: tagsThatStay, manifests: manifestsThatStay };
}
