import { circleciIssuer, circleciOrganizationClaim, presetOf } from './presets.ts';
import { isClusterInternal, namesOwner, sharedIssuerOf } from './shared-issuers.ts';
import type { TrustRule } from './trust-rule.ts';

/** An error in a rule whose settings are valid on their own. */
export interface RuleFault {
  /** The key of the rule that is wrong. */
  readonly key: 'issuer' | 'jwks' | 'when';
  readonly message: string;
}

/** Returns the errors because of which a rule must not be used: it would match JWTs of strangers, or none. */
export function findFaults(rule: Pick<TrustRule, 'issuer' | 'jwks' | 'when'>): RuleFault[] {
  return [...ofOwner(rule), ...ofSubject(rule), ...ofKeys(rule)];
}

/**
 * Returns the issuer of a rule with the preset `circleci`. The rule must name exactly one organization.
 * @throws TypeError with a message that says what to write
 */
export function circleciIssuerOf(when: TrustRule['when']): string {
  const accepted = when.find(({ claim }) => claim === circleciOrganizationClaim)?.accepted ?? [];
  const [id = ''] = accepted;
  if (accepted.length === 1 && /^[\w-]+$/.test(id)) return circleciIssuer(id);
  throw new TypeError(
    `must have the claim ${circleciOrganizationClaim} with the id of one organization, because each organization of CircleCI has its own issuer: when: { ${circleciOrganizationClaim}: "ID" }. For several organizations, write one rule for each`,
  );
}

/** A rule on an issuer that everyone can use must say whose JWTs it means. */
function ofOwner({ issuer, when }: Pick<TrustRule, 'issuer' | 'when'>): RuleFault[] {
  const shared = sharedIssuerOf(issuer);
  if (shared === undefined || when.some((condition) => namesOwner(condition, shared))) return [];
  const starred = when.find(({ claim }) => shared.owners.includes(claim));
  const why =
    starred === undefined
      ? 'does not name an owner, project or repository'
      : `does not name an owner, project or repository, because ${starred.claim} has a value with * before the first slash`;
  return [
    {
      key: 'when',
      message: `${why}, so every job on ${shared.platform} could log in. Add ${shared.hint}. These claims count: ${shared.owners.join(', ')}`,
    },
  ];
}

/** GitHub has changed the form of `sub`, and new, renamed and old repositories have different forms. */
function ofSubject({ issuer, when }: Pick<TrustRule, 'issuer' | 'when'>): RuleFault[] {
  if (presetOf(issuer) !== 'github' || !when.some(({ claim }) => claim === 'sub')) return [];
  return [
    {
      key: 'when',
      message:
        'must not have the claim sub, because GitHub writes it in different forms for old and new repositories. Use repository_id, ref and environment, which together say the same',
    },
  ];
}

function ofKeys({ issuer, jwks }: Pick<TrustRule, 'issuer' | 'jwks'>): RuleFault[] {
  if (jwks !== undefined || !isClusterInternal(issuer)) return [];
  return [
    {
      key: 'jwks',
      message: `is missing. Many Kubernetes clusters have the issuer ${issuer}, and only the keys tell them apart. Save the key set of your cluster with "kubectl get --raw /openid/v1/jwks > keys/CLUSTER.json", and add jwks: keys/CLUSTER.json`,
    },
  ];
}
