import type { FederatedSubject } from '../../policy/subject.ts';
import { findClaim, textOfClaim, type Claims } from '../../trust/claims.ts';
import { rightsOf } from '../../trust/find-rule.ts';
import type { PresetName } from '../../trust/presets.ts';
import { versionOfRule, type TrustRule } from '../../trust/trust-rule.ts';

/** Returns the subject of a job or pod that a trust rule accepts. Its rights are those of the rule in force. */
export function federatedSubject(
  rule: TrustRule,
  claims: Claims,
  through: FederatedSubject['through'],
): FederatedSubject {
  const job = describeJob(rule.preset, claims);
  return {
    kind: 'ci',
    name: rule.name,
    rights: rightsOf(rule, claims),
    through,
    ruleVersion: versionOfRule(rule),
    ...(job !== '' && { job }),
  };
}

/** The claims that say on each platform which job it was. */
const jobClaims: Readonly<Record<PresetName, readonly string[]>> = {
  github: ['repository', 'ref', 'run_id'],
  gitlab: ['project_path', 'ref', 'job_id'],
  buildkite: ['organization_slug', 'pipeline_slug', 'build_number'],
  circleci: ['oidc.circleci.com/project-id', 'oidc.circleci.com/vcs-ref', 'oidc.circleci.com/job-id'],
};
const podClaims = ['kubernetes.io/namespace', 'kubernetes.io/serviceaccount/name', 'kubernetes.io/pod/name'];
const otherClaims = ['sub'];

/** The maximum number of characters of one value. People who may push a branch choose its name. */
const maxLength = 60;

/** Describes a job for the audit log, as in `repository acme/app, ref refs/heads/main, run_id 42`. */
export function describeJob(preset: PresetName | undefined, claims: Claims): string {
  const ofPlatform =
    preset === undefined
      ? Object.hasOwn(claims, 'kubernetes.io')
        ? podClaims
        : otherClaims
      : jobClaims[preset];
  const words: string[] = [];
  for (const claim of ofPlatform) {
    const text = textOfClaim(findClaim(claims, claim));
    if (text === undefined || text === '') continue;
    const value = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
    words.push(`${nameOf(claim)} ${value}`);
  }
  return words.join(', ');
}

/** Leaves out what all claims of a platform have in common: `pod` for `kubernetes.io/pod/name`. */
function nameOf(claim: string): string {
  return claim.replace(/^(?:kubernetes\.io|oidc\.circleci\.com)\//, '').replace(/\/name$/, '');
}
