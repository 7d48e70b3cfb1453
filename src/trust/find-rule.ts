import type { Right } from '../policy/rights.ts';
import { fulfills, type ClaimCondition } from './claim-condition.ts';
import { findClaim, textOfClaim, type Claims } from './claims.ts';
import { circleciIssuer, circleciOrganizationClaim } from './presets.ts';
import { bindTemplate, bindToAnything } from './right-template.ts';
import { keySourceOf, type TrustRule } from './trust-rule.ts';

/** A JWT whose signature, times and issuer are verified. */
export interface VerifiedJwt {
  readonly claims: Claims;
  /** The key sets that verify the JWT, see `keySourceOf`. */
  readonly sources: readonly string[];
}

/**
 * What a rule says about a JWT. A rule that does not match has one result for each thing that does not match.
 * `keys`: the rule has the issuer of the JWT, but another key set.
 */
export type RuleResult = { readonly rule: string } & (
  | { readonly kind: 'match' | 'keys' }
  | { readonly kind: 'audience'; readonly expected: readonly string[]; readonly actual: string | undefined }
  | {
      readonly kind: 'claim';
      readonly claim: string;
      readonly expected: readonly string[];
      /** The value of the claim as text, shortened. Undefined if the JWT does not have the claim. */
      readonly actual: string | undefined;
    }
);

/**
 * Returns the rule that decides about a JWT: the first, in the order of the list, whose key set has verified the JWT
 * and whose audience and claims match. The rule may be pending, and then gives no access; later rules do not count.
 */
export function findRule(rules: readonly TrustRule[], jwt: VerifiedJwt): TrustRule | undefined {
  return rules.find(
    (rule) =>
      jwt.sources.includes(keySourceOf(rule)) &&
      matchesAudience(rule, jwt.claims) &&
      conditionsOf(rule).every((condition) => fulfills(jwt.claims, condition)),
  );
}

/**
 * Says for each rule with the issuer of the JWT what matches and what does not, for administrators. Several rules can
 * match. The first of them decides.
 */
export function explainRules(rules: readonly TrustRule[], jwt: VerifiedJwt): readonly RuleResult[] {
  return rules
    .filter(({ issuer }) => issuer === jwt.claims['iss'])
    .flatMap((rule): readonly RuleResult[] => {
      if (!jwt.sources.includes(keySourceOf(rule))) return [{ rule: rule.name, kind: 'keys' }];
      const mismatches = mismatchesOf(rule, jwt.claims);
      return mismatches.length > 0 ? mismatches : [{ rule: rule.name, kind: 'match' }];
    });
}

/** Formats a result for people, for example `acme-app: the claim ref is "refs/heads/x", but must be "refs/heads/main"`. */
export function formatRuleResult(result: RuleResult): string {
  switch (result.kind) {
    case 'match':
      return `${result.rule}: matches`;
    case 'keys':
      return `${result.rule}: another key set has signed the JWT`;
    case 'audience':
    case 'claim': {
      const claim = result.kind === 'audience' ? 'aud' : result.claim;
      const expected = result.expected.map((value) => JSON.stringify(value)).join(' or ');
      return result.actual === undefined
        ? `${result.rule}: the JWT has no claim ${claim}, which must be ${expected}`
        : `${result.rule}: the claim ${claim} is ${result.actual}, but must be ${expected}`;
    }
  }
}

/** Returns the rights that a rule gives to a JWT which it matches. */
export function rightsOf(rule: TrustRule, claims: Claims): readonly Right[] {
  return rule.only.flatMap((template) => bindTemplate(template, claims, rule.name) ?? []);
}

/**
 * Returns all rights that a rule can give, for lists of who may do what. In their patterns, `${claim}` matches any path
 * segment. The texts of the patterns are as in the rule.
 */
export function possibleRights(rule: TrustRule): readonly Right[] {
  return rule.only.map((template) => bindToAnything(template, rule.name));
}

/** Returns true if one entry of the claim `aud` is an audience of the rule. The texts are compared exactly. */
export function matchesAudience({ audiences }: Pick<TrustRule, 'audiences'>, claims: Claims): boolean {
  return audienceOf(claims).some((audience) => audiences.includes(audience));
}

/** Returns the entries of the claim `aud`, which is a text or an array of texts (RFC 7519 section 4.1.3). */
function audienceOf(claims: Claims): readonly string[] {
  const value = Object.hasOwn(claims, 'aud') ? claims['aud'] : undefined;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return entries.filter((entry) => typeof entry === 'string');
}

/**
 * Returns the conditions to compare with the JWT. The issuer of CircleCI contains the id of the organization, so the
 * exact issuer already fulfills this condition, also if the JWT does not repeat the id in a claim.
 */
function conditionsOf({ issuer, when }: TrustRule): readonly ClaimCondition[] {
  return when.filter(
    ({ claim, accepted }) =>
      claim !== circleciOrganizationClaim || !accepted.some((id) => circleciIssuer(id) === issuer),
  );
}

function mismatchesOf(rule: TrustRule, claims: Claims): RuleResult[] {
  const results: RuleResult[] = [];
  if (!matchesAudience(rule, claims))
    results.push({
      rule: rule.name,
      kind: 'audience',
      expected: rule.audiences,
      actual: shown(claims, 'aud'),
    });
  for (const condition of conditionsOf(rule)) {
    if (fulfills(claims, condition)) continue;
    const { claim, accepted: expected } = condition;
    results.push({ rule: rule.name, kind: 'claim', claim, expected, actual: shown(claims, claim) });
  }
  return results;
}

const maxShown = 200;

/** Returns the value of a claim as JSON, shortened. Only administrators may see it. */
function shown(claims: Claims, name: string): string | undefined {
  const value = findClaim(claims, name);
  if (value === undefined) return undefined;
  const json = JSON.stringify(textOfClaim(value) ?? value);
  return json.length > maxShown ? `${json.slice(0, maxShown)}…` : json;
}
