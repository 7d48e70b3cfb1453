import { matchesValue, type ClaimCondition } from './claim-condition.ts';
import { keySourceOf, type TrustRule } from './trust-rule.ts';

/**
 * Returns the first earlier rule that matches every JWT that a rule matches, so that the rule never decides. Returns
 * undefined if there is none. Only the texts of the rules are compared, so a rule can be hidden although the result is
 * undefined, for example by two earlier rules together.
 * @param rules all rules in their order; `rule` is one of them
 */
export function findHidingRule(rule: TrustRule, rules: readonly TrustRule[]): TrustRule | undefined {
  return rules.slice(0, rules.indexOf(rule)).find((earlier) => covers(earlier, rule));
}

/** Returns true if `one` matches every JWT that `other` matches. */
function covers(one: TrustRule, other: TrustRule): boolean {
  return (
    keySourceOf(one) === keySourceOf(other) &&
    other.audiences.every((audience) => one.audiences.includes(audience)) &&
    one.when.every((condition) => other.when.some((stricter) => impliesCondition(stricter, condition)))
  );
}

/**
 * Returns true if each JWT that fulfills `stricter` also fulfills `condition`. The values of `stricter` can
 * contain stars. They are compared as texts: only a star of `condition` accepts a star, and it accepts every text that
 * the star stands for.
 */
function impliesCondition(stricter: ClaimCondition, condition: ClaimCondition): boolean {
  return (
    stricter.claim === condition.claim &&
    stricter.accepted.every((value) => condition.accepted.some((wider) => matchesValue(wider, value)))
  );
}
