import type { Secret } from '../../secret.ts';
import type { FederatedSubject } from '../../policy/subject.ts';
import type { Claims } from '../../trust/claims.ts';
import { explainRules, findRule, type RuleResult } from '../../trust/find-rule.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';
import { federatedSubject } from './federated-subject.ts';
import type { JwtProblem, JwtVerifier, Verification } from './verification.ts';

/** Who has sent a JWT, and which trust rule decided that. */
export type Identification = AcceptedJwt | DeniedJwt;

export interface AcceptedJwt {
  readonly kind: 'accepted';
  readonly subject: FederatedSubject;
  readonly rule: TrustRule;
  readonly claims: Claims;
}

/** A JWT that gives no access. Only administrators may read why. */
export interface DeniedJwt {
  readonly kind: 'denied';
  readonly problem: JwtProblem | 'no rule matches' | 'waits for confirmation';
  /** A sentence for an administrator. It never contains the JWT. */
  readonly detail: string;
  /** For each rule of the issuer: what does not match. Empty if the JWT itself is not valid. */
  readonly results: readonly RuleResult[];
  /** The rule that matches but waits for `dockpass trust confirm`. */
  readonly rule?: TrustRule;
  /** The claims of the JWT. Undefined if its signature is not right. */
  readonly claims?: Claims;
}

/** Finds out who has sent a JWT. It never throws because of the JWT. */
export type Identify = (jwt: Secret) => Promise<Identification>;

export interface IdentifyParts {
  /** The rules in force, in the order in which they are tried (rules-in-force.ts). */
  readonly rules: () => Promise<readonly TrustRule[]>;
  readonly verifier: Pick<JwtVerifier, 'verify'>;
}

/**
 * Creates the function that verifies a JWT and finds its trust rule. The login, `dockpass trust test` and `dockpass
 * explain --jwt` call it, so that they always agree. If the rules change, the rule is found again, so that the change
 * takes effect at once.
 */
export function createIdentify({ rules: readRules, verifier }: IdentifyParts): Identify {
  /** The last results. The verifier returns the same object for the same JWT, as long as nothing has changed. */
  const last = new WeakMap<
    Verification,
    { readonly rules: readonly TrustRule[]; readonly identification: Identification }
  >();
  return async (jwt) => {
    const rules = await readRules();
    const verification = await verifier.verify(jwt, rules);
    const known = last.get(verification);
    if (known?.rules === rules) return known.identification;
    const identification = applyRules(rules, verification);
    last.set(verification, { rules, identification });
    return identification;
  };
}

/** Finds the trust rule that decides about a JWT, and the subject that the rule accepts. */
function applyRules(rules: readonly TrustRule[], verification: Verification): Identification {
  if (!verification.isValid) {
    const { problem, detail, claims } = verification;
    return { kind: 'denied', problem, detail, results: [], ...(claims && { claims }) };
  }
  const { claims, sources, expiresAt } = verification;
  const rule = findRule(rules, { claims, sources });
  if (rule === undefined)
    return {
      kind: 'denied',
      problem: 'no rule matches',
      detail: 'The JWT is valid, but no trust rule matches it.',
      results: explainRules(rules, { claims, sources }),
      claims,
    };
  if (rule.isPending)
    return {
      kind: 'denied',
      problem: 'waits for confirmation',
      detail: `The trust rule ${rule.name} matches, but it waits for confirmation. Run "dockpass trust confirm ${rule.name}".`,
      results: [],
      rule,
      claims,
    };
  return {
    kind: 'accepted',
    subject: {
      ...federatedSubject(rule, claims, 'JWT'),
      login: { claims, sources, expiresAt },
    },
    rule,
    claims,
  };
}
