import type { PlanFacts } from '../../../src/retention/plan.ts';
import type {
  Blob,
  ManifestSnapshot,
  Pull,
  RepositorySnapshot,
  TagSnapshot,
} from '../../../src/retention/snapshot.ts';
import type { Random } from '../policy/random-policies.ts';
import type { WrittenRule } from './rules.ts';
import { day, digestOf, manifest, now, subjectTagOf } from './snapshots.ts';

/** A random registry with rules. */
export interface RetentionWorld {
  readonly rules: readonly WrittenRule[];
  readonly snapshots: readonly RepositorySnapshot[];
  readonly facts: PlanFacts;
  /** True if no manifest belongs to itself by way of subject tags. Then a naive reference is simple. */
  readonly isAcyclic: boolean;
}

const repositories = ['ci/app', 'ci/app/x', 'team/app'] as const;
const patterns = ['ci/*', 'ci/**', '**', '**', '*/app'] as const;
const tagNames = ['latest', 'v1', 'v2', 'v10', 'main', 'build-7', 'build-8'] as const;
const tagPatterns = ['v*', 'latest', 'build-*', '*1', 'none', 'sha256-*'] as const;
/** Ages in days: around 24 hours, and around the durations of the rules. */
const ages = [-1, 0.5, 1, 1.1, 2.9, 3, 3.1, 9, 10, 11, 20, 40, 50, 60, 70] as const;
const durations = [1, 3, 10, 30].map((days) => days * 24 * 60 * 60);
const actors = [null, 'alice', 'ci:deploy'] as const;

export function drawRetentionWorld(random: Random): RetentionWorld {
  const isAcyclic = random.chance(0.8);
  return {
    rules: [drawRule(random), ...random.some(2, () => drawRule(random))].slice(random.chance(0.05) ? 9 : 0),
    snapshots: repositories
      .filter(() => random.chance(0.6))
      .map((name) => drawRepository(name, isAcyclic, random)),
    facts: {
      now,
      eventsSince: random.chance(0.05)
        ? undefined
        : daysAgo(random.pick([400, 400, 400, 400, 400, 30, 10, 5])),
    },
    isAcyclic,
  };
}

function daysAgo(days: number): number {
  return now - days * day;
}

function drawRule(random: Random): WrittenRule {
  const on = [random.pick(patterns), ...random.some(1, () => random.pick(patterns))];
  const keep = {
    ...(random.chance(0.5) && { newest: 1 + random.below(3) }),
    ...(random.chance(0.3) && { pulledWithin: random.pick(durations) }),
    ...(random.chance(0.3) && { pushedWithin: random.pick(durations) }),
    ...(random.chance(0.3) && { tags: [random.pick(tagPatterns), random.pick(tagPatterns)] }),
  };
  const untagged = random.pick(durations);
  const hasKeep = Object.keys(keep).length > 0;
  return { on, ...(hasKeep && { keep }), ...((!hasKeep || random.chance(0.5)) && { untagged }) };
}

function drawRepository(name: string, isAcyclic: boolean, random: Random): RepositorySnapshot {
  const count = 1 + random.below(9);
  const manifests = Array.from({ length: count }, (_, number) =>
    drawManifest(number, isAcyclic ? number : count, random),
  );
  const tags = new Map<string, TagSnapshot>();
  const add = (tag: string, number: number): void => {
    const digest = digestOf(number);
    const at = daysAgo(random.pick(ages));
    const lastPush = random.chance(0.9)
      ? { at, digest: random.chance(0.9) ? digest : digestOf(random.below(count + 1)) }
      : undefined;
    tags.set(tag, { name: tag, digest, lastPush, lastPull: drawPull(random) });
  };
  random.some(7, () => add(random.pick(tagNames), random.below(count)));
  random.some(4, () => {
    // The subject may be missing in the repository.
    const subject = random.below(count + 1);
    const end = isAcyclic ? subject : count;
    if (end > 0)
      add(subjectTagOf(subject, random.pick(['', '.sig', '.att'])), random.below(Math.min(end, count)));
  });
  if (random.chance(0.1)) add('sha256-1a2b', random.below(count));
  const someDigests = (): Set<string> => new Set(random.some(3, () => digestOf(random.below(count + 2))));
  return {
    repository: name,
    deletesSingleTags: random.chance(0.5),
    tags: [...tags.values()],
    manifests,
    deletedByPlans: random.chance(0.3) ? someDigests() : new Set(),
    leftByPlans: random.chance(0.3) ? someDigests() : new Set(),
  };
}

/** @param end the numbers of children, and of manifests with this one as subject, are below this number */
function drawManifest(number: number, end: number, random: Random): ManifestSnapshot {
  const isIndex = end > 0 && random.chance(0.35);
  return manifest(number, {
    blobs: isIndex ? [] : random.some(3, () => drawBlob(random)),
    children: isIndex
      ? [...random.some(3, () => digestOf(random.below(end))), digestOf(random.below(end))]
      : [],
    // A subject has a higher number than its referrers, and an index a higher one than its children.
    subject: random.chance(0.2) ? digestOf(number + 1 + random.below(4)) : undefined,
    lastPushAt: random.chance(0.4) ? daysAgo(random.pick(ages)) : undefined,
    lastPull: drawPull(random),
    lostLastTagAt: random.chance(0.2) ? daysAgo(random.pick(ages)) : undefined,
    isNamedByEvents: random.chance(0.7),
  });
}

function drawBlob(random: Random): Blob {
  const number = random.below(6);
  return { digest: digestOf(1000 + number), size: 10 ** number };
}

function drawPull(random: Random): Pull | undefined {
  return random.chance(0.4) ? { at: daysAgo(random.pick(ages)), by: random.pick(actors) } : undefined;
}
