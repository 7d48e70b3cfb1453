import { planRetention } from '../../retention/plan-retention.ts';
import type { StoredPlan } from '../../store/store.ts';
import { change } from '../change.ts';
import {
  createPlanId,
  fingerprintOf,
  formatProblem,
  repositoriesOf,
  type PlanContent,
} from './plan-content.ts';
import { describeTotal } from './plan-view.ts';
import { findDeletion, readRepositories, repositoriesWithRule, requireRightTime } from './read-registry.ts';
import type { RetentionParts } from './retention-parts.ts';

/** Plans stay in the database for so long, in milliseconds, because later plans finish what they left. */
const keepPlansMs = 30 * 24 * 60 * 60 * 1000;

export interface StartedPlan {
  readonly id: string;
  /** Resolves when the plan is stored, or rejects with the reason why there is none. */
  readonly done: Promise<StoredPlan>;
}

export interface PlanOptions {
  /** Called with the number of repositories that are read, and with their number. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Further audit rows about the plan. */
  readonly describe?: (content: PlanContent) => readonly string[];
}

/**
 * Makes a plan of what the retention rules delete, and stores it. Nothing is deleted.
 * @throws DockpassError `clock_implausible`, `list_incomplete`, `registry_unreachable`, `registry_refused`
 */
export async function startPlan(parts: RetentionParts, options: PlanOptions = {}): Promise<StartedPlan> {
  const { store, clock } = parts;
  const now = clock();
  const id = createPlanId();
  await store.retentionPlans.add(id, now);
  const done = plan(parts, id, now, options).catch(async (error: unknown) => {
    const problem = formatProblem(error);
    // If the database does not answer, the reader of the plan learns the first error.
    await store.retentionPlans.setState(id, 'planning', 'failed', { problem }).catch(() => {});
    throw error;
  });
  done.catch(() => {});
  return { id, done };
}

/** Like `startPlan`, but waits for the plan. */
export async function makePlan(parts: RetentionParts, options: PlanOptions = {}): Promise<StoredPlan> {
  return (await startPlan(parts, options)).done;
}

async function plan(
  parts: RetentionParts,
  id: string,
  now: number,
  { onProgress = () => {}, describe = () => [] }: PlanOptions,
): Promise<StoredPlan> {
  const { store, clock, rules, registry } = parts;
  await requireRightTime(parts);
  // With a wrong clock, this would remove plans that are needed.
  await store.retentionPlans.removeBefore(now - keepPlansMs);
  const { firstReceivedAt: eventsSince } = await store.usage.times();
  const repositories = await repositoriesWithRule(parts);
  const [first] = repositories;
  const deletion = first === undefined ? undefined : await findDeletion(parts, first);
  const read = await readRepositories(parts, repositories, deletion?.singleTags ?? false, now, (done) =>
    onProgress(done, repositories.length),
  );
  const snapshots = read.map(({ snapshot }) => snapshot);
  const { deletions, notes: ofRules } = planRetention(rules, snapshots, { now, eventsSince });
  const notes =
    repositories.length > 0
      ? [...ofRules, ...(deletion?.problem === undefined ? [] : [deletion.problem.message])]
      : [
          rules.length === 0
            ? 'there are no rules in the setting "retention". See docs/retention.md'
            : 'no rule in the setting "retention" matches a repository. Run "dockpass repo list" to see all repositories',
        ];
  const planned = new Set(repositoriesOf(deletions));
  const content: PlanContent = {
    registry: registry.origin,
    now,
    eventsSince: eventsSince ?? null,
    deletions,
    notes,
    tags: Object.fromEntries(
      snapshots
        .filter(({ repository }) => planned.has(repository))
        .map((snapshot) => [snapshot.repository, fingerprintOf(snapshot)]),
    ),
  };
  for (const { snapshot, observed } of read) await store.usage.observe(snapshot.repository, observed, now);
  for (const what of describe(content)) await change(store, clock, { subject: '', what }, async () => {});
  const what = `retention plan ${id} made: ${describeTotal(deletions)}`;
  const text = JSON.stringify(content);
  await change(store, clock, { subject: '', what }, async (ports) => {
    await ports.retentionPlans.setState(id, 'planning', 'planned', { content: text });
  });
  return { id, createdAt: now, state: 'planned', content: text, problem: null, begun: 0 };
}
