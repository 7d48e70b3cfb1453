import { expect, test } from 'vitest';
import { planRetention } from '../../../src/retention/plan-retention.ts';
import type { Deletion } from '../../../src/retention/plan.ts';
import type { RepositorySnapshot } from '../../../src/retention/snapshot.ts';
import { randomFrom } from '../../support/policy/random-policies.ts';
import { keepsTag, naiveRule, naiveSurvivors } from '../../support/retention/naive-retention.ts';
import { drawRetentionWorld, type RetentionWorld } from '../../support/retention/random-worlds.ts';
import { registryModel } from '../../support/retention/registry-model.ts';
import { ruleOf } from '../../support/retention/rules.ts';

/**
 * The number of random registries. `npm run test:retention-worlds` takes 100,000. Each run draws others. To repeat a
 * failed run, set DOCKPASS_TEST_SEED to the seed that it printed.
 */
const count = Number(process.env['DOCKPASS_TEST_WORLDS'] ?? 10_000);
const start = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);

function deletionsOf({ rules, facts }: RetentionWorld, snapshots: readonly RepositorySnapshot[]) {
  return planRetention(
    rules.map((rule, at) => ruleOf(rule, at + 1)),
    snapshots,
    facts,
  ).deletions;
}

/** Returns what plans delete, as sorted texts. */
function namesOf(deletions: readonly Deletion[]): string[] {
  const names = deletions.flatMap(({ repository, tag, digest, request }) => [
    ...(tag === null ? [] : [`${repository}:${tag}`]),
    ...(request === 'manifest' ? [`${repository}@${digest}`] : []),
  ]);
  return names.sort();
}

/** Returns what the naive reference deletes, as sorted texts. */
function naiveNames({ rules, facts, snapshots }: RetentionWorld): string[] {
  const names = snapshots.flatMap((snapshot) => {
    const { repository, tags, manifests } = snapshot;
    const survivors = naiveSurvivors(rules, snapshot, facts);
    return [
      ...tags.filter(({ name }) => !survivors.tags.has(name)).map(({ name }) => `${repository}:${name}`),
      ...manifests
        .filter(({ digest }) => !survivors.manifests.has(digest))
        .map(({ digest }) => `${repository}@${digest}`),
    ];
  });
  return names.sort();
}

/** Returns a tag that a rule keeps, or that no rule is about, and that the plan deletes. Undefined if there is none. */
function deletedButKept(
  { rules, facts, snapshots }: RetentionWorld,
  deletions: readonly Deletion[],
): string | undefined {
  for (const snapshot of snapshots) {
    const rule = naiveRule(rules, snapshot.repository);
    for (const tag of snapshot.tags) {
      const isKept = rule === undefined || keepsTag(tag, snapshot, rule, facts.now);
      const isDeleted = deletions.some(
        ({ repository, tag: name }) => repository === snapshot.repository && name === tag.name,
      );
      if (isKept && isDeleted) return `${snapshot.repository}:${tag.name}`;
    }
  }
  return undefined;
}

/** Does a plan one deletion after the other, and returns the first thing that goes wrong. */
function faultOfApplying(
  world: RetentionWorld,
  deletions: readonly Deletion[],
  stopAfter: number,
): string | undefined {
  const registry = registryModel(world.snapshots);
  const fault = registry.fault();
  if (fault !== undefined) return `before the plan: ${fault}`;
  let bytes = registry.bytes();
  for (const [at, deletion] of deletions.entries()) {
    const problem = registry.delete(deletion) ?? registry.fault();
    if (problem !== undefined) return `after deletion ${at}: ${problem}`;
    const freed = bytes - registry.bytes();
    if (freed !== deletion.size) return `deletion ${at} frees ${freed}`;
    bytes -= freed;
    if (at + 1 !== stopAfter || deletions[at + 1]?.request === 'nothing') continue;
    // The plan is interrupted here. The next plan must do the rest.
    const left = deletions.slice(stopAfter);
    const next = namesOf(deletionsOf(world, registry.snapshots(left)));
    if (next.join() !== namesOf(left).join())
      return `a plan after ${stopAfter} deletions deletes ${next.join()}, not ${namesOf(left).join()}`;
  }
  const again = deletionsOf(world, registry.snapshots([]));
  return again.length > 0 ? `a second plan deletes ${namesOf(again).join()}` : undefined;
}

test(
  `plans for ${count} random registries are those of a naive reference, and safe`,
  { timeout: 600_000 },
  () => {
    const seen = { manifest: 0, tag: 0, nothing: 0, empty: 0, freed: 0 };
    for (let seed = start; seed < start + count; seed++) {
      const random = randomFrom(seed);
      const world = drawRetentionWorld(random);
      const deletions = deletionsOf(world, world.snapshots);
      const fail = (what: unknown): never => {
        throw new Error(`DOCKPASS_TEST_SEED=${seed}: ${String(what)}`);
      };
      if (world.isAcyclic && namesOf(deletions).join() !== naiveNames(world).join())
        fail(`deletes ${namesOf(deletions).join()}, and the reference ${naiveNames(world).join()}`);
      const kept = deletedButKept(world, deletions);
      if (kept !== undefined) fail(`${kept} is kept by a rule, but deleted`);
      const fault = faultOfApplying(world, deletions, random.below(deletions.length + 1));
      if (fault !== undefined) fail(fault);
      for (const { request, size } of deletions) {
        seen[request]++;
        if (size > 1000) seen.freed++;
      }
      if (deletions.length === 0) seen.empty++;
    }
    // Check that the registries were varied enough.
    expect(seen.manifest).toBeGreaterThan(count / 2);
    expect(seen.tag).toBeGreaterThan(count / 10);
    expect(seen.nothing).toBeGreaterThan(count / 50);
    expect(seen.freed).toBeGreaterThan(count / 50);
    expect(seen.empty).toBeGreaterThan(count / 20);
    expect(seen.empty).toBeLessThan(count * 0.8);
  },
);
