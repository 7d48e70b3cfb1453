import { compilePattern } from '../src/policy/pattern.ts';
import { planRetention } from '../src/retention/plan-retention.ts';
import type { RetentionRule } from '../src/retention/rule.ts';
import type { ManifestSnapshot, RepositorySnapshot, TagSnapshot } from '../src/retention/snapshot.ts';
import { seeded } from './random.ts';

/**
 * `npm run bench:retention [-- TAGS]`: plans the deletions in repositories with this many tags (default: 10,000): an
 * index with two images for each tag, and a signature for every second one. 10,000 tags must be planned in 60 seconds,
 * including the requests to the registry, so the decision itself may take a second of these.
 */
const tagCount = Number(process.argv[2] ?? 10_000);
const tagsInRepository = 1000;
const limitMs = 1000 * (tagCount / 10_000);
const day = 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 10, 29);
const random = seeded(1);
const below = (limit: number): number => Math.floor(random() * limit);

const rule: RetentionRule = {
  number: 1,
  on: [compilePattern('ci/**')],
  keep: {
    newest: 20,
    pulledWithin: (30 * day) / 1000,
    pushedWithin: (14 * day) / 1000,
    tags: [compilePattern('v*')],
  },
  untagged: (7 * day) / 1000,
};

const snapshots: RepositorySnapshot[] = [];
for (let from = 0; from < tagCount; from += tagsInRepository)
  snapshots.push(drawRepository(`ci/app-${from}`, Math.min(tagsInRepository, tagCount - from)));

const before = process.memoryUsage().heapUsed;
const begin = process.cpuUsage();
const { deletions } = planRetention([rule], snapshots, { now, eventsSince: now - 90 * day });
const { user, system } = process.cpuUsage(begin);
// The time of the processor, because other programs may use the machine too.
const ms = (user + system) / 1000;
const mebibytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
const bytes = deletions.reduce((sum, { size }) => sum + size, 0);
print(
  `${tagCount.toLocaleString('en-US')} tags: ${deletions.length.toLocaleString('en-US')} deletions, ${(bytes / 2 ** 30).toFixed(0)} GiB, planned in ${ms.toFixed(0)} ms with ${mebibytes.toFixed(0)} MiB (limit ${limitMs} ms): ${ms <= limitMs ? 'ok' : 'MISSED'}`,
);
if (ms > limitMs) process.exitCode = 1;

function drawRepository(repository: string, count: number): RepositorySnapshot {
  const tags: TagSnapshot[] = [];
  const manifests: ManifestSnapshot[] = [];
  const base = drawBlobs(4);
  for (let number = 0; number < count; number++) {
    const children = [0, 1].map(() => add(manifests, { blobs: [...base, ...drawBlobs(3)] }));
    const index = add(manifests, { children });
    addTag(tags, number % 50 === 0 ? `v${number}` : `build-${number}`, index);
    if (number % 2 === 0)
      addTag(tags, `${index.replace(':', '-')}.sig`, add(manifests, { blobs: drawBlobs(2) }));
  }
  return {
    ...{ repository, tags, manifests, deletesSingleTags: true },
    ...{ deletedByPlans: new Set<string>(), leftByPlans: new Set<string>() },
  };
}

function addTag(tags: TagSnapshot[], name: string, digest: string): void {
  const lastPull = random() < 0.3 ? { at: now - below(90) * day, by: 'ci' } : undefined;
  tags.push({ name, digest, lastPush: { at: now - below(90) * day, digest }, lastPull });
}

function add(manifests: ManifestSnapshot[], more: Partial<ManifestSnapshot>): string {
  const digest = drawDigest();
  manifests.push({
    ...{ digest, mediaType: '', size: 1000, blobs: [], children: [], subject: undefined },
    ...{ lastPushAt: now - below(90) * day, lastPull: undefined, lostLastTagAt: undefined },
    ...{ isNamedByEvents: true, ...more },
  });
  return digest;
}

function drawBlobs(count: number): { digest: string; size: number }[] {
  return Array.from({ length: count }, () => ({ digest: drawDigest(), size: below(50_000_000) }));
}

function drawDigest(): string {
  return `sha256:${Array.from({ length: 8 }, () =>
    below(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
