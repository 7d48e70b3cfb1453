// The answers of the routes about trust rules. Times are RFC 3339 in UTC.
import type { OnlyRight } from './types.ts';

export type PresetName = 'github' | 'gitlab' | 'buildkite' | 'circleci';

/** The claims of a JWT. The job that got the JWT chose some of them, so their values can be anything. */
export type Claims = Readonly<Record<string, unknown>>;

/** Which values a claim must have, by the name of the claim. */
export type Conditions = Readonly<Record<string, string | readonly string[]>>;

/** The first JWT that matched a rule which waits for confirmation. */
export interface Candidate {
  readonly claims: Claims;
  readonly seenAt: string;
  readonly address: string;
}

export interface TrustRule {
  readonly name: string;
  readonly origin: 'file' | 'database';
  readonly issuer: string;
  readonly preset: PresetName | null;
  /** A file or URL with the keys of the issuer. Null if the issuer itself names them. */
  readonly jwks: string | null;
  readonly audience: readonly string[];
  readonly when: Conditions;
  readonly only: readonly OnlyRight[];
  /** How long a job can push after its login, such as `1h`. */
  readonly session: string;
  readonly isPending: boolean;
  /** The claims whose values the confirmation fixes. Empty if the rule does not wait. */
  readonly pin: readonly string[];
  readonly candidate: Candidate | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedFrom: string | null;
  /** An earlier rule that decides about each JWT that this rule matches. */
  readonly hiddenBy: string | null;
  readonly warnings: readonly string[];
}

/** The body that adds a rule. */
export interface NewTrustRule {
  readonly name: string;
  readonly issuer: string;
  readonly jwks?: string;
  readonly audience?: readonly string[];
  readonly when: Conditions;
  readonly only: readonly string[];
  readonly session?: string;
  /** The claims whose values the first JWT fixes. The rule then waits for confirmation. */
  readonly pin?: readonly string[];
}

/** One thing because of which a rule does not match a JWT. */
export type RuleResult = { readonly rule: string } & (
  | { readonly kind: 'keys' }
  | ({ readonly kind: 'audience' } & Difference)
  | ({ readonly kind: 'claim'; readonly claim: string } & Difference)
);

interface Difference {
  readonly expected: readonly string[];
  /** The value of the claim as JSON, shortened. Left out if the JWT does not have the claim. */
  readonly actual?: string | null;
}

/** The answer to a test of a JWT. */
export interface JwtTest {
  readonly verdict: 'accepted' | 'denied';
  /** The rule that accepts the JWT, or that would accept it without the problem. */
  readonly rule: string | null;
  readonly problem: string | null;
  readonly detail: string | null;
  /** The rights of the job, as `PATTERN:ACTIONS`. */
  readonly rights: readonly string[];
  readonly hosts: readonly { readonly host: string; readonly realm: 'public' | 'private' }[];
  readonly results: readonly RuleResult[];
  /** Null if the text is not a JWT. */
  readonly claims: Claims | null;
  /** False if anyone can have written the claims, because the signature is wrong or could not be checked. */
  readonly isVerified: boolean;
}
