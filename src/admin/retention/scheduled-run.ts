import { randomUUID } from 'node:crypto';
import { formatReference } from '../../registry/api-client.ts';
import type { Deletion } from '../../retention/plan.ts';
import { withActor } from '../people/actor.ts';
import { formatSize } from '../../size.ts';
import { applyPlan } from './apply-plan.ts';
import { makePlan } from './make-plan.ts';
import { contentOf } from './plan-content.ts';
import { deletionView } from './plan-view.ts';
import { requireRightTime } from './read-registry.ts';
import type { RetentionParts } from './retention-parts.ts';

/** The lease that says which scheduled run has begun last. */
const leaseName = 'schedule';
/** The number of deletions that one audit row describes. */
const deletionsInRow = 20;

/**
 * Makes a plan, writes it to the audit log, and applies it if `apply` is true. If several servers use one database, only
 * the first one does.
 * @param dueAt the time for which the run is scheduled, in milliseconds since the epoch
 * @returns the number of deletions in the plan. Undefined if another server has begun this run
 */
export async function runScheduled(
  parts: RetentionParts,
  { apply, dueAt, signal }: { readonly apply: boolean; readonly dueAt: number; readonly signal: AbortSignal },
): Promise<{ readonly id: string; readonly deletions: number } | undefined> {
  const own = { ...parts, signal, store: withActor(parts.store, { address: '', client: 'retention' }) };
  // With a clock that is ahead, the lease would prevent all runs until that time.
  await requireRightTime(own);
  // The lease is free for a later run, and never again for this one.
  if (!(await own.store.retentionPlans.takeLease(leaseName, randomUUID(), dueAt - 1, dueAt)))
    return undefined;
  const plan = await makePlan(own, { describe: ({ deletions }) => rowsOf(deletions, apply) });
  const { deletions } = contentOf(plan);
  if (apply && deletions.length > 0) await applyPlan(own, plan.id);
  return { id: plan.id, deletions: deletions.length };
}

function rowsOf(deletions: readonly Deletion[], apply: boolean): string[] {
  const rows: string[] = [];
  for (let at = 0; at < deletions.length; at += deletionsInRow) {
    const some = deletions.slice(at, at + deletionsInRow).map((deletion) => {
      const { repository, tag, digest } = deletion;
      const { reason, size, lastPulledAt, lastPulledBy } = deletionView(deletion);
      const pull =
        lastPulledAt === null
          ? 'no pull is known'
          : `last pull ${lastPulledAt} by ${lastPulledBy ?? '(anonymous)'}`;
      return `${formatReference(repository, tag ?? digest)} (${reason}; ${formatSize(size)}; ${pull})`;
    });
    rows.push(`retention ${apply ? 'deletes' : 'would delete'} ${some.join(', ')}`);
  }
  return rows;
}
