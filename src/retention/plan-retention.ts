import type { PlanFacts, PlannedDeletions } from './plan.ts';
import type { RetentionRule } from './rule.ts';
import type { RepositorySnapshot } from './snapshot.ts';

/**
 * Decides what retention rules delete.
 * @param snapshots the repositories, also those without a rule: the sizes of deletions depend on what these refer to
 */
export function planRetention(
  _rules: readonly RetentionRule[],
  _snapshots: readonly RepositorySnapshot[],
  _facts: PlanFacts,
): PlannedDeletions {
  return { deletions: [], notes: [] };
}
