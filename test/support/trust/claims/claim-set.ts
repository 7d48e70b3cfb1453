// The claim sets in this folder are those that CI platforms put into the JWTs of their jobs. They were copied from the
// documentation and the source code of the platforms in November 2026. Owners, names and ids are made up.
//
// In each file, `accepted` and `denied` refer to the rule on the page of the platform in docs/trust/.

export type Claims = Readonly<Record<string, unknown>>;

/** The claims of one job. The claims `iat`, `nbf` and `exp` are left out: the issuer adds them when it signs the claims. */
export interface ClaimSet {
  /** The documentation or the source code that names these claims. */
  readonly source: string;
  readonly claims: Claims;
}

export interface DeniedClaimSet extends ClaimSet {
  /** The claim that does not match the rule on the page of the platform. */
  readonly because: string;
}

/** What a platform is known for. The keys are parts of test titles. */
export interface PlatformClaims {
  readonly accepted: Readonly<Record<string, ClaimSet>>;
  readonly denied: Readonly<Record<string, DeniedClaimSet>>;
  /** How many seconds the platform's JWTs are valid by default. */
  readonly lifetime: number;
}

/** The host of the registry on the documentation pages, and so the audience of all claim sets. */
export const audience = 'registry.example.com';
