import { randomUUID } from 'node:crypto';
import { DockpassError, messageOf } from '../../errors.ts';
import { formatReference, isMissing, orMissing } from '../../registry/api-client.ts';
import { planRetention } from '../../retention/plan-retention.ts';
import type { Deletion } from '../../retention/plan.ts';
import { counted } from '../../retention/reason.ts';
import type { Store, StoredPlan } from '../../store/store.ts';
import { change } from '../change.ts';
import {
  contentOf,
  fingerprintOf,
  formatProblem,
  noSuchPlan,
  planValidMs,
  problemOf,
  repositoriesOf,
  stepsOf,
  type DeletionStep,
  type PlanContent,
} from './plan-content.ts';
import { describeTotal } from './plan-view.ts';
import { readRepositories, requireRightTime } from './read-registry.ts';
import type { RetentionParts } from './retention-parts.ts';
import { watchPushes, type PushWatch } from './watch-pushes.ts';

/** The lease of the process that applies a plan. */
const leaseName = 'apply';
/** A lease ends so long after the process that holds it was killed, in milliseconds. */
const leaseMs = 15_000;
const renewEveryMs = 5_000;

export interface ApplyOptions {
  /** Called after each deletion, with its position in the plan. */
  readonly onDeleted?: ((deletion: Deletion, position: number) => void) | undefined;
}

export interface StartedApply {
  /**
   * Resolves when all deletions are done. Rejects with `retention_stopped` if they end early, and with `plan_outdated` or
   * an error of `startPlan` if nothing was deleted.
   */
  readonly done: Promise<void>;
}

/** @throws DockpassError `no_such_plan` */
export async function findPlan(store: Pick<Store, 'retentionPlans'>, id: string): Promise<StoredPlan> {
  const plan = await store.retentionPlans.find(id);
  if (plan === undefined || plan.state === 'planning') throw noSuchPlan(id);
  return plan;
}

/** @throws DockpassError `plan_used` if the plan was applied before, or is older than a day */
function requireUsable(plan: StoredPlan, now: number): void {
  const fail = (why: string): never => {
    throw new DockpassError('plan_used', `${why}. Make a new plan with "dockpass retention plan".`);
  };
  const { id, state, begun } = plan;
  switch (state) {
    case 'planned':
      // A plan from the future was made with another clock.
      if (Math.abs(now - plan.createdAt) > planValidMs)
        fail(`nothing was changed, because the plan ${id} is more than 24 hours old`);
      return;
    case 'applied':
      fail(`nothing was changed, because the plan ${id} was applied already`);
      return;
    case 'failed':
      throw problemOf(plan) ?? new Error(`the plan ${id} failed`);
    default:
      fail(
        `nothing was changed, because the plan ${id} was interrupted after ${begun} of ${contentOf(plan).deletions.length} deletions. A new plan contains what is left`,
      );
  }
}

/**
 * Begins to do exactly what a plan says. If anything in its repositories has changed, changes nothing.
 * @throws DockpassError `no_such_plan`, `plan_used`, `retention_busy`
 */
export async function startApply(
  parts: RetentionParts,
  id: string,
  { onDeleted = () => {} }: ApplyOptions = {},
): Promise<StartedApply> {
  const { store, clock } = parts;
  const lease = await takeLease(parts);
  try {
    const found = await findPlan(store, id);
    requireUsable(found, clock());
    if (!(await store.retentionPlans.setState(id, 'planned', 'applying', { problem: null })))
      throw new DockpassError('plan_used', `the plan ${id} is being applied, or was applied already`);
    const done = run(contentOf(found)).finally(() => lease.release());
    done.catch(() => {});
    return { done };
  } catch (error) {
    await lease.release();
    throw error;
  }

  async function run(content: PlanContent): Promise<void> {
    const { deletions } = content;
    const watch = await compare(content).catch(async (error: unknown) => {
      // Nothing was deleted, so the plan can be applied later, for example when the registry answers again.
      const problem = formatProblem(error);
      await store.retentionPlans.setState(id, 'applying', 'planned', { problem }).catch(() => {});
      throw error;
    });
    let deleted = 0;
    try {
      for (const step of stepsOf(deletions)) {
        parts.signal?.throwIfAborted();
        await requireSafe(parts, id, step, watch);
        await lease.require();
        await deleteStep(parts, id, step, deleted + step.length);
        for (const deletion of step) onDeleted(deletion, deleted++);
      }
      await store.retentionPlans.setState(id, 'applying', 'applied');
    } catch (error) {
      const stopped = stoppedError(id, deletions, deleted, error);
      await store.retentionPlans
        .setState(id, 'applying', 'stopped', { problem: formatProblem(stopped) })
        .catch(() => {});
      throw stopped;
    }
  }

  /** Compares the plan with the registry, and writes the audit row. */
  async function compare(content: PlanContent): Promise<PushWatch> {
    const { deletions, registry } = content;
    if (registry !== parts.registry.origin) throw outdated(id, `it was made for the registry ${registry}`);
    await requireRightTime(parts);
    const startedAt = clock();
    const known = await requireUnchanged(parts, id, content);
    const what = `retention plan ${id} applied: ${describeTotal(deletions)}`;
    await change(store, clock, { subject: '', what }, async () => {});
    return watchPushes(parts, deletions, known, startedAt);
  }
}

/** Like `startApply`, but waits until all deletions are done. */
export async function applyPlan(
  parts: RetentionParts,
  id: string,
  options: ApplyOptions = {},
): Promise<void> {
  await (
    await startApply(parts, id, options)
  ).done;
}

/**
 * Plans again for the same time, and compares. The sizes may differ, because other repositories can contain the same
 * blobs.
 * @returns the digests of the tags of each repository
 * @throws DockpassError `plan_outdated`, `deletion_is_off`
 */
async function requireUnchanged(
  parts: RetentionParts,
  id: string,
  { deletions, tags, now, eventsSince }: PlanContent,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const repositories = repositoriesOf(deletions);
  const [first] = repositories;
  // Throws if deletion is off.
  const singleTags = first !== undefined && (await parts.registry.api.deletesSingleTags(first));
  const read = await readRepositories(parts, repositories, singleTags, now);
  const snapshots = read.map(({ snapshot }) => snapshot);
  for (const snapshot of snapshots)
    if (fingerprintOf(snapshot) !== tags[snapshot.repository])
      throw outdated(id, `the tags of ${snapshot.repository} have changed`);
  const again = planRetention(parts.rules, snapshots, { now, eventsSince: eventsSince ?? undefined });
  const [planned, found] = [deletions, again.deletions].map((list) =>
    list.map(({ size: _size, reason: _reason, ...deletion }) => JSON.stringify(deletion)),
  ) as [string[], string[]];
  const at = planned.findIndex((deletion, index) => deletion !== found[index]);
  const differing = at >= 0 ? deletions[at] : again.deletions[planned.length];
  if (differing !== undefined)
    throw outdated(id, `${nameOf(differing)} was pulled or pushed meanwhile, or the rules have changed`);
  return new Map(
    snapshots.map(({ repository, tags: names }) => [
      repository,
      new Map(names.map(({ name, digest }) => [name, digest])),
    ]),
  );
}

/**
 * Checks right before a deletion that the registry still contains what the plan says, and that no one has pushed
 * anything that needs it.
 * @throws DockpassError `plan_outdated`
 */
async function requireSafe(
  { registry: { api } }: RetentionParts,
  id: string,
  step: DeletionStep,
  watch: PushWatch,
): Promise<void> {
  const [{ repository }] = step;
  const needed = await watch.find(repository);
  for (const deletion of step) {
    if (needed.has(deletion.digest)) throw outdated(id, `${nameOf(deletion)} was pushed meanwhile`);
    if (deletion.tag === null) continue;
    const digest = await orMissing(api.digestOf(repository, deletion.tag));
    if (digest !== undefined && digest !== deletion.digest)
      throw outdated(id, `${nameOf(deletion)} was pushed meanwhile`);
  }
}

/**
 * Deletes with one request. The audit row is written first, so that nothing is deleted without one.
 * @param begun the number of deletions that are begun with this step
 */
async function deleteStep(
  { store, clock, registry: { api } }: RetentionParts,
  id: string,
  step: DeletionStep,
  begun: number,
): Promise<void> {
  const [{ repository, tag, digest, request, reason }] = step;
  const tags = step.flatMap((deletion) => deletion.tag ?? []);
  const what =
    request === 'tag' && tag !== null
      ? `tag ${formatReference(repository, tag)} (${digest})`
      : `image ${formatReference(repository, digest)}${tags.length === 0 ? '' : ` with the ${tags.length === 1 ? 'tag' : 'tags'} ${tags.join(', ')}`}`;
  const row = { subject: '', what: `${what} deleted by retention plan ${id}: ${reason}` };
  await change(store, clock, row, (ports) => ports.retentionPlans.setBegun(id, begun));
  try {
    if (request === 'tag' && tag !== null) await api.deleteTag(repository, tag);
    else await api.deleteManifest(repository, digest);
  } catch (error) {
    // Someone else has deleted it.
    if (isMissing(error)) return;
    const why = error instanceof DockpassError ? error.code : messageOf(error);
    const failure = { subject: '', what: `${what} not deleted: ${why}` };
    await change(store, clock, failure, async () => {}).catch(() => {});
    throw error;
  }
}

interface Lease {
  /** @throws DockpassError `retention_busy` if the lease was lost */
  require(): Promise<void>;
  release(): Promise<void>;
}

/** @throws DockpassError `retention_busy` if another process applies a plan */
async function takeLease({ store, clock }: RetentionParts): Promise<Lease> {
  const holder = randomUUID();
  let heldUntil = 0;
  const take = async (): Promise<boolean> => {
    const until = clock() + leaseMs;
    const isHeld = await store.retentionPlans.takeLease(leaseName, holder, clock(), until);
    if (isHeld) heldUntil = until;
    return isHeld;
  };
  if (!(await take()))
    throw new DockpassError(
      'retention_busy',
      'nothing was changed, because a plan is being applied. If that process was killed, try again in 15 seconds.',
    );
  let renewal: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => (renewal = take().catch(() => {})), renewEveryMs).unref();
  return {
    require: async () => {
      if (clock() < heldUntil - renewEveryMs || (await take())) return;
      throw new DockpassError('retention_busy', 'another process applies a plan');
    },
    release: async () => {
      clearInterval(timer);
      // A renewal that is under way would take the lease again.
      await renewal;
      // The lease ends by itself if the database does not answer.
      await store.retentionPlans.releaseLease(leaseName, holder).catch(() => {});
    },
  };
}

function outdated(id: string, why: string): DockpassError {
  return new DockpassError(
    'plan_outdated',
    `the plan ${id} does not fit any more: ${why}. Make a new plan with "dockpass retention plan".`,
  );
}

function stoppedError(
  id: string,
  deletions: readonly Deletion[],
  deleted: number,
  error: unknown,
): DockpassError {
  return new DockpassError(
    'retention_stopped',
    `the plan ${id} was stopped after ${deleted} of ${counted(deletions.length, 'deletion')}: ${messageOf(error)}\nAll images that are left can be pulled. A new plan contains what is left: run "dockpass retention plan".`,
    { cause: error },
  );
}

function nameOf({ repository, tag, digest }: Deletion): string {
  return formatReference(repository, tag ?? digest);
}
