import type { Config } from '../../config/load.ts';
import { policySettings } from '../../config/policy-settings.ts';
import type { DeniedJwt, Identify } from '../../identity/federated/identify.ts';
import { parseHost } from '../../net/host.ts';
import { formatDomain } from '../../realm/domain.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import type { Secret } from '../../secret.ts';
import type { Claims } from '../../trust/claims.ts';
import { explainRules, findRule, formatRuleResult, type RuleResult } from '../../trust/find-rule.ts';
import { keySourceOf, type TrustRule } from '../../trust/trust-rule.ts';
import { decodeClaims } from './decode-claims.ts';

/** What a login with a JWT would give, for an administrator. It never contains the JWT. */
export interface JwtTest {
  readonly verdict: 'accepted' | 'denied';
  /** The rule that accepts the JWT, or that would accept it without the problem. Null if there is none. */
  readonly rule: string | null;
  /** Null if the JWT is accepted. */
  readonly problem: DeniedJwt['problem'] | null;
  /** A sentence about the problem. Null if the JWT is accepted. */
  readonly detail: string | null;
  /** The rights of the job under a private domain, for example `acme/app/**:pull,push`. */
  readonly rights: readonly string[];
  /** The tested hosts: the given one, or each private domain of the configuration. The audience does not depend on it. */
  readonly hosts: readonly { readonly host: string; readonly realm: 'public' | 'private' }[];
  /** What does not match, for each rule of the issuer. Empty if the JWT is accepted. */
  readonly results: readonly (RuleResult & { readonly text: string })[];
  /** Null if the text is not a JWT. */
  readonly claims: Claims | null;
  /** False if anyone can have written the claims, because the signature is wrong or cannot be checked. */
  readonly isVerified: boolean;
}

export interface JwtTestParts {
  readonly identify: Identify;
  /** The rules in force. */
  readonly rules: readonly TrustRule[];
  readonly config: Config;
}

/**
 * Tests what a login with a JWT would give, without a login. If the JWT has a problem of its own, such as that it has
 * expired, the result also says what would match without it.
 * @param host the host at which the job would log in. It decides only whether the domain is public
 * @throws DockpassError `bad_host`
 */
export async function testJwt(
  { identify, rules, config }: JwtTestParts,
  jwt: Secret,
  host: string | undefined,
): Promise<JwtTest> {
  const hosts = hostsOf(config, host);
  const found = await identify(jwt);
  if (found.kind === 'accepted') {
    const rights = found.subject.rights.map(
      ({ pattern, actions }) => `${pattern.text}:${actions.includes('*') ? '*' : actions.join(',')}`,
    );
    return {
      ...{ verdict: 'accepted', rule: found.rule.name, problem: null, detail: null, rights, hosts },
      ...{ results: [], claims: found.claims, isVerified: true },
    };
  }
  const claims = found.claims ?? decodeClaims(jwt);
  const supposed = claims && { claims, sources: rules.filter(hasIssuerOf(claims)).map(keySourceOf) };
  const rule = found.rule ?? (supposed && findRule(rules, supposed));
  const results = found.results.length > 0 || !supposed ? found.results : explainRules(rules, supposed);
  return {
    ...{ verdict: 'denied', rule: rule?.name ?? null, problem: found.problem, detail: found.detail },
    ...{ rights: [], hosts, claims: claims ?? null, isVerified: found.claims !== undefined },
    results: results
      .filter(({ kind }) => kind !== 'match')
      .map((result) => ({ ...result, text: formatRuleResult(result) })),
  };
}

function hasIssuerOf(claims: Claims): (rule: TrustRule) => boolean {
  return ({ issuer }) => issuer === claims['iss'];
}

function hostsOf(config: Config, host: string | undefined): JwtTest['hosts'] {
  if (host === undefined)
    return config.up.privateDomains.map((domain) => ({ host: formatDomain(domain), realm: 'private' }));
  return [{ host, realm: resolveRealm(parseHost(host), policySettings(config).realms).kind }];
}
