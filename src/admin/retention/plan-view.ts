import { counted } from '../../retention/reason.ts';
import type { Deletion } from '../../retention/plan.ts';
import type { StoredPlan } from '../../store/store.ts';
import { formatSize } from '../../size.ts';
import { formatTime } from '../views/time.ts';
import { contentOf } from './plan-content.ts';

/** A deletion as `retention plan --json` prints it. */
export interface DeletionView {
  readonly repository: string;
  /** Null for a manifest without a tag. */
  readonly tag: string | null;
  readonly digest: string;
  readonly reason: string;
  /** In bytes, see `Deletion`. */
  readonly size: number;
  /** As in RFC 3339. Null if no pull is known. */
  readonly lastPulledAt: string | null;
  readonly lastPulledBy: string | null;
}

/** What `retention plan --json` prints. */
export interface PlanView {
  readonly id: string;
  readonly deletions: readonly DeletionView[];
}

/** A plan with its state, as the API shows it. */
export interface PlanDetails extends PlanView {
  readonly state: StoredPlan['state'];
  readonly createdAt: string;
  /** How many deletions were begun. */
  readonly begun: number;
  readonly notes: readonly string[];
}

export function planDetails(plan: StoredPlan): PlanDetails {
  const { id, state, createdAt, begun } = plan;
  const { deletions, notes } = plan.content === null ? { deletions: [], notes: [] } : contentOf(plan);
  return {
    id,
    state,
    createdAt: formatTime(Math.floor(createdAt / 1000)),
    begun,
    notes,
    deletions: deletions.map(deletionView),
  };
}

export function deletionView({
  repository,
  tag,
  digest,
  reason,
  size,
  lastPulledAt,
  lastPulledBy,
}: Deletion): DeletionView {
  const at = lastPulledAt === null ? null : formatTime(Math.floor(lastPulledAt / 1000));
  return { repository, tag, digest, reason, size, lastPulledAt: at, lastPulledBy };
}

/** Describes how much a plan deletes, such as `3 deletions in 2 repositories, 12.5 MB`. */
export function describeTotal(deletions: readonly Pick<DeletionView, 'repository' | 'size'>[]): string {
  const repositories = new Set(deletions.map(({ repository }) => repository)).size;
  if (repositories === 0) return 'no deletions';
  const size = deletions.reduce((sum, deletion) => sum + deletion.size, 0);
  return `${counted(deletions.length, 'deletion')} in ${repositories} ${repositories === 1 ? 'repository' : 'repositories'}, ${formatSize(size)}`;
}
