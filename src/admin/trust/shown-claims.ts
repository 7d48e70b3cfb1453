import { findClaim, textOfClaim, type Claims } from '../../trust/claims.ts';

/**
 * Claims that tell a person where a JWT comes from, on the platforms that have a preset and in Kubernetes. A waiting
 * rule shows them, so that an administrator can compare them before the confirmation.
 */
const descriptive: readonly string[] = [
  ...[
    'sub',
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'repository_visibility',
  ],
  ...['actor', 'actor_id', 'event_name', 'ref', 'environment', 'workflow_ref', 'job_workflow_ref'],
  ...['project_path', 'project_id', 'namespace_path', 'namespace_id', 'user_login', 'pipeline_source'],
  ...['ref_type', 'ref_protected', 'organization_slug', 'organization_id', 'pipeline_slug', 'pipeline_id'],
  ...[
    'build_branch',
    'build_tag',
    'build_source',
    'oidc.circleci.com/project-id',
    'oidc.circleci.com/vcs-ref',
  ],
  ...['kubernetes.io/namespace', 'kubernetes.io/serviceaccount/name'],
];

/** The longest text of a claim that is stored with a waiting rule, in characters. */
const maxLength = 200;

/**
 * Selects the claims that are stored with a waiting rule: the named ones, and those that tell a person where the JWT
 * comes from. Long texts are shortened, and other values than text, numbers and booleans are left out, so that a JWT
 * cannot fill the database.
 * @param names the paths of claims, for example those that the rule compares or pins
 */
export function selectShownClaims(claims: Claims, names: readonly string[]): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of new Set([...names, ...descriptive])) {
    const value = findClaim(claims, name);
    if (textOfClaim(value) !== undefined)
      shown[name] = typeof value === 'string' ? value.slice(0, maxLength) : value;
  }
  return shown;
}

/**
 * Returns the value of a claim that a rule can pin, as text. Returns undefined if the claim is missing or has no such
 * value: it must be a short text, a number or a boolean, and a `*` would match other values too.
 */
export function pinnableValue(claims: Claims, name: string): string | undefined {
  const text = textOfClaim(findClaim(claims, name));
  if (text === undefined || text.length >= maxLength) return undefined;
  return /^[^*\p{C}]+$/u.test(text) ? text : undefined;
}

/** Formats the values of the pinned claims, for example `repository_id 260064828, repository_owner_id 5`. */
export function describePins(pins: readonly string[], claims: Claims): string {
  return pins.map((pin) => `${pin} ${pinnableValue(claims, pin) ?? '(missing)'}`).join(', ');
}
