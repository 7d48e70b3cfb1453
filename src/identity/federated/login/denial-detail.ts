import { formatRuleResult, type RuleResult } from '../../../trust/find-rule.ts';
import type { DeniedJwt } from '../identify.ts';

/** The maximum number of characters of a detail. The sender of a JWT chooses some of its claims. */
const maxLength = 600;

/**
 * Describes for the audit log why a JWT was rejected: what is wrong with it, or which rule nearly matched and which of
 * its claims did not. Values of claims are shortened and quoted as JSON. The JWT itself is never part of it.
 */
export function describeDenial({ problem, detail, results }: DeniedJwt): string {
  const nearest = nearestRule(results);
  const text =
    nearest.length === 0
      ? `${problem}: ${detail}`
      : `${problem}: ${nearest.map(formatRuleResult).join('; ')}`;
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/**
 * Returns the results of the rule that matches best: the one with the fewest mismatches, the first of several. A rule
 * with another key set is the last choice.
 */
function nearestRule(results: readonly RuleResult[]): readonly RuleResult[] {
  const rules = [...Map.groupBy(results, ({ rule }) => rule).values()];
  const distance = (ofRule: readonly RuleResult[]): number =>
    ofRule.some(({ kind }) => kind === 'keys') ? Number.MAX_SAFE_INTEGER : ofRule.length;
  const [nearest = []] = rules.sort((one, other) => distance(one) - distance(other));
  return nearest;
}
