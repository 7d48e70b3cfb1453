import { freedBytes } from './freed-bytes.ts';
import type { Deletion, PlanFacts, PlannedDeletions } from './plan.ts';
import { byRule, counted, inWords } from './reason.ts';
import { releaseTags } from './released-tags.ts';
import { ruleFor, type RetentionRule } from './rule.ts';
import type { ManifestSnapshot, Pull, RepositorySnapshot, TagSnapshot } from './snapshot.ts';
import { parseSubjectTag } from './subject-tag.ts';
import { findUnneeded, whyTagGoes, type RuledRepository } from './unneeded-manifests.ts';

/**
 * Decides what retention rules delete.
 *
 * The order of the deletions of a repository makes each interruption harmless:
 * 1. Ordinary tags whose manifest stays.
 * 2. Manifests, each after all that needed it: an index before its children, so that no index is ever incomplete; a
 *    subject before its signatures, so that no image is ever there without its signature.
 * 3. Subject tags whose subject has gone and whose manifest stays.
 * @param snapshots the repositories, also those without a rule: the sizes of deletions depend on what these refer to
 */
export function planRetention(
  rules: readonly RetentionRule[],
  snapshots: readonly RepositorySnapshot[],
  facts: PlanFacts,
): PlannedDeletions {
  const steps: Step[] = [];
  const kept = rules.map((): KeptTags => ({ waiting: 0, unreported: 0, inseparable: 0 }));
  const sorted = [...snapshots].sort((a, b) => (a.repository < b.repository ? -1 : 1));
  for (const snapshot of sorted) {
    const rule = ruleFor(rules, snapshot.repository);
    if (rule === undefined) continue;
    const counts = kept[rules.indexOf(rule)] as KeptTags;
    if (isWaiting(rule, facts)) counts.waiting++;
    else for (const step of planRepository(rule, snapshot, facts.now, counts)) steps.push(step);
  }
  const manifests = steps.flatMap(({ deletes }) => (deletes === undefined ? [] : [deletes]));
  const bytes = freedBytes(sorted, manifests)[Symbol.iterator]();
  return {
    deletions: steps.map(({ deletes, deletion }) =>
      deletes === undefined ? deletion : { ...deletion, size: bytes.next().value ?? 0 },
    ),
    notes: rules.flatMap((rule, at) => notesOf(rule, kept[at] as KeptTags, facts)),
  };
}

/** A deletion whose size is not known yet. */
interface Step {
  readonly deletion: Deletion;
  /** The manifest that the deletion removes. Undefined if it removes only a tag. */
  readonly deletes?: ManifestSnapshot | undefined;
}

/** What a rule does not delete, for the notes of a plan. */
interface KeptTags {
  /** Repositories in which the rule deletes nothing yet. */
  waiting: number;
  /** Tags whose push was not reported. */
  unreported: number;
  /** Tags that the registry cannot delete without a manifest that is still needed. */
  inseparable: number;
}

/** Returns true if it is not known yet what was pulled within the time that the rule names. */
function isWaiting({ keep }: RetentionRule, { now, eventsSince }: PlanFacts): boolean {
  const seconds = keep?.pulledWithin;
  return seconds !== undefined && (eventsSince === undefined || eventsSince > now - seconds * 1000);
}

function planRepository(
  rule: RetentionRule,
  snapshot: RepositorySnapshot,
  now: number,
  counts: KeptTags,
): Step[] {
  const { repository } = snapshot;
  const manifests = new Map(snapshot.manifests.map((manifest) => [manifest.digest, manifest]));
  const { released, unreported } =
    rule.keep === undefined
      ? { released: new Set<string>(), unreported: [] }
      : releaseTags(snapshot, manifests, rule.keep, now);
  counts.unreported += unreported.length;
  const ruled: RuledRepository = { rule, snapshot, manifests, released, now };
  const gone = findUnneeded(ruled);

  const ordinary: Step[] = [];
  const subjects: Step[] = [];
  for (const tag of [...snapshot.tags].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const reason = gone.has(tag.digest) ? undefined : whyTagGoes(tag, ruled, gone);
    if (reason === undefined) continue;
    if (!snapshot.deletesSingleTags) {
      counts.inseparable++;
      continue;
    }
    const deletion = deletionOf(repository, tag, manifests.get(tag.digest), 'tag', byRule(reason, rule));
    (parseSubjectTag(tag.name) === undefined ? ordinary : subjects).push({ deletion });
  }
  const whole = [...gone.values()].flatMap(({ manifest, tags, reason }): Step[] => {
    const [first, ...others] = tags;
    const why = byRule(first?.reason ?? reason, rule);
    return [
      { deletion: deletionOf(repository, first?.tag, manifest, 'manifest', why), deletes: manifest },
      ...others.map(({ tag, reason: other }) => ({
        deletion: deletionOf(repository, tag, manifest, 'nothing', byRule(other, rule)),
      })),
    ];
  });
  return [...ordinary, ...whole, ...subjects];
}

function deletionOf(
  repository: string,
  tag: TagSnapshot | undefined,
  manifest: ManifestSnapshot | undefined,
  request: Deletion['request'],
  reason: string,
): Deletion {
  const lastPull = latest(tag?.lastPull, manifest?.lastPull);
  return {
    repository,
    tag: tag?.name ?? null,
    digest: tag?.digest ?? manifest?.digest ?? '',
    request,
    reason,
    size: 0,
    lastPulledAt: lastPull?.at ?? null,
    lastPulledBy: lastPull?.by ?? null,
  };
}

function latest(one: Pull | undefined, other: Pull | undefined): Pull | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.at > one.at ? other : one;
}

function notesOf({ number, keep }: RetentionRule, counts: KeptTags, { eventsSince }: PlanFacts): string[] {
  const notes: string[] = [];
  const rule = `retention rule ${number}`;
  if (counts.waiting > 0)
    notes.push(
      `${rule} deletes nothing yet, because it keeps what was pulled within ${inWords(keep?.pulledWithin ?? 0)}, and ${
        eventsSince === undefined
          ? 'no events of the registry have been received'
          : `events of the registry have been received only since ${new Date(eventsSince).toISOString()}`
      }`,
    );
  if (counts.unreported > 0)
    notes.push(
      `${rule} keeps ${counted(counts.unreported, 'tag')} whose last push no event reported. If they are not needed, delete them with "dockpass repo delete"`,
    );
  if (counts.inseparable > 0)
    notes.push(
      `${rule} keeps ${counted(counts.inseparable, 'tag')}, because this registry cannot delete a tag alone, and something else needs the image`,
    );
  return notes;
}
