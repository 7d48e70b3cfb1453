import type { Secret } from '../../secret.ts';
import type { Claims } from '../../trust/claims.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';

/** Why a JWT is rejected. This list is complete: verification has no other outcome, and never throws. */
export const jwtProblems = [
  /** It is not a JWT (RFC 7519) that dockpass reads: wrong form, too large, or with header fields that are not allowed. */
  'malformed',
  /** No trust rule names its issuer (`iss`). */
  'unknown issuer',
  /** Its algorithm is not allowed for its issuer. */
  'algorithm',
  /** The key set of the issuer does not contain its key (`kid`). */
  'unknown key',
  /** Its signature is wrong. */
  'signature',
  /** It has expired (`exp`). */
  'expired',
  /** It is not valid yet: `nbf` or `iat` is in the future. */
  'not yet valid',
  /** No trust rule of its issuer accepts its audience (`aud`). */
  'audience',
  /** It lacks a claim that is required (`exp`, `aud`), or the claim has a wrong type or an unreasonable value. */
  'missing claim',
  /** The keys of the issuer are not known, and cannot be read now. The same JWT can be accepted later. */
  'keys unavailable',
] as const;

export type JwtProblem = (typeof jwtProblems)[number];

/** A JWT whose signature, issuer, audience and times are right. It grants nothing: trust rules do. */
export interface ValidJwt {
  readonly isValid: true;
  readonly claims: Claims;
  /** The key sources (`keySourceOf`) whose keys verified the signature. A rule with another source does not apply. */
  readonly sources: readonly string[];
  /** The claim `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
}

export interface InvalidJwt {
  readonly isValid: false;
  readonly problem: JwtProblem;
  /** What is wrong, for an administrator: a sentence without the JWT. */
  readonly detail: string;
  /** The claims, only if the signature is right: of a JWT that has expired, or that is for another audience. */
  readonly claims?: Claims;
}

/** @param claims only if the signature is right */
export function invalidJwt(problem: JwtProblem, detail: string, claims?: Claims): InvalidJwt {
  return { isValid: false, problem, detail, ...(claims && { claims }) };
}

export type Verification = ValidJwt | InvalidJwt;

export interface JwtVerifier {
  /**
   * Verifies the signature, the issuer, the audience and the times of a JWT. It never throws.
   * @param rules all trust rules that exist now. Only issuers, key sets and audiences of these rules count.
   */
  verify(jwt: Secret, rules: readonly TrustRule[]): Promise<Verification>;
  /** Ends running downloads of key sets. */
  close(): Promise<void>;
}
