import { compilePattern, matches } from '../policy/pattern.ts';
import { findClaim, textsOfClaim, type Claims } from './claims.ts';

/** A condition of a trust rule: the JWT must have this claim with one of the accepted values. */
export interface ClaimCondition {
  /** The name of the claim, or the path of a nested claim, see `findClaim`. */
  readonly claim: string;
  /** The accepted values. In each, `*` stands for any characters within one segment between slashes. */
  readonly accepted: readonly string[];
}

/**
 * Returns true if the JWT fulfills the condition. Values are compared exactly, upper and lower case included. Numbers
 * and booleans are compared by their JSON text. If the claim is an array, one element with an accepted value is enough.
 */
export function fulfills(claims: Claims, { claim, accepted }: ClaimCondition): boolean {
  const texts = textsOfClaim(findClaim(claims, claim));
  return texts.some((text) => accepted.some((value) => matchesValue(value, text)));
}

/** Returns true if a value of a rule accepts the text of a claim. */
export function matchesValue(value: string, text: string): boolean {
  if (!value.includes('*')) return value === text;
  // In patterns for repositories, `**` also matches slashes. In claims, several stars are the same as one.
  return matches(compilePattern(value.replaceAll(/\*+/g, '*')), text);
}
