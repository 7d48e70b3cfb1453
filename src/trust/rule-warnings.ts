import { findHidingRule } from './hidden-rules.ts';
import { presetIssuers, type PresetName } from './presets.ts';
import { sharedIssuerOf } from './shared-issuers.ts';
import type { TrustRule } from './trust-rule.ts';

/**
 * Returns warnings about a rule that is valid, but probably does not do what its author wants. Each is a sentence that
 * follows the name of the rule and a colon.
 * @param rules all rules in their order; `rule` is one of them
 */
export function findWarnings(rule: TrustRule, rules: readonly TrustRule[]): string[] {
  return [
    ...ofOrder(rule, rules),
    ...ofIssuer(rule),
    ...ofNoCondition(rule),
    ...ofNames(rule),
    ...ofBranches(rule),
    ...ofStars(rule),
  ];
}

/** Returns the warnings about all rules of the setting `trust`, each with the name of its rule. */
export function findAllWarnings(rules: readonly TrustRule[]): string[] {
  return rules.flatMap((rule) =>
    findWarnings(rule, rules).map((warning) => `trust rule ${rule.name}: ${warning}`),
  );
}

function ofOrder(rule: TrustRule, rules: readonly TrustRule[]): string[] {
  const earlier = findHidingRule(rule, rules);
  return earlier === undefined
    ? []
    : [
        `it never decides, because the earlier rule ${earlier.name} matches every JWT that it matches, and the first rule decides. Move it before ${earlier.name}, or remove it`,
      ];
}

/** The claim `iss` is compared exactly, so an issuer in another spelling matches no JWT. */
function ofIssuer({ issuer, preset }: TrustRule): string[] {
  if (preset !== undefined) return [];
  const names = Object.keys(presetIssuers) as (keyof typeof presetIssuers)[];
  const platform = sharedIssuerOf(issuer)?.platform;
  const meant = names.find((name) => sharedIssuerOf(presetIssuers[name])?.platform === platform);
  if (platform !== undefined && meant !== undefined)
    return [
      `the claim iss of ${platform} is usually ${JSON.stringify(presetIssuers[meant])}, and it is compared exactly. Write issuer: ${meant}, unless your organization has an issuer of its own`,
    ];
  const written = new URL(issuer).href;
  return written === issuer || written === `${issuer}/`
    ? []
    : [
        `the issuer is an unusual spelling of ${written}, and it must be exactly the claim iss of the JWT. Run "dockpass trust test" with a JWT`,
      ];
}

function ofNoCondition({ when, issuer, only }: TrustRule): string[] {
  if (when.length > 0 || only.every(({ claims }) => claims.length > 0)) return [];
  return [
    `it has no conditions, so every JWT of ${issuer} for this audience gets its rights. Add "when" with the claims of those jobs or pods that may log in`,
  ];
}

/** Names that someone else can have after a rename or removal, and the ids that no one else ever gets. */
const recyclable: readonly {
  readonly name: string;
  readonly id: string;
  readonly others: readonly string[];
}[] = [
  { name: 'repository', id: 'repository_id', others: ['repository_owner_id'] },
  { name: 'repository_owner', id: 'repository_owner_id', others: ['repository_id'] },
  { name: 'project_path', id: 'project_id', others: ['namespace_id'] },
  { name: 'namespace_path', id: 'namespace_id', others: ['project_id'] },
  { name: 'organization_slug', id: 'organization_id', others: ['pipeline_id'] },
  { name: 'terraform_organization_name', id: 'terraform_organization_id', others: [] },
  { name: 'account_name', id: 'account_id', others: [] },
];

function ofNames({ when }: TrustRule): string[] {
  const claims = new Set(when.map(({ claim }) => claim));
  return recyclable.flatMap(({ name, id, others }) =>
    claims.has(name) && ![id, ...others].some((claim) => claims.has(claim))
      ? [
          `${name} is a name, which someone else can get after you rename or delete it, and then log in. Add ${id}, which is never used again`,
        ]
      : [],
  );
}

/** For each platform, the claims that limit a rule to a part of the jobs of a repository. */
const branchClaims: Readonly<
  Record<PresetName, { readonly claims: readonly string[]; readonly add: string }>
> = {
  github: {
    claims: [
      ...['ref', 'ref_protected', 'ref_type', 'base_ref', 'head_ref', 'environment', 'event_name', 'sha'],
      ...['workflow', 'workflow_ref', 'job_workflow_ref', 'environment_node_id'],
    ],
    add: 'ref: [refs/heads/main], environment: production, or event_name: [push]',
  },
  gitlab: {
    claims: [
      'ref',
      'ref_path',
      'ref_protected',
      'ref_type',
      'environment',
      'environment_protected',
      'pipeline_source',
    ],
    add: 'ref_protected: true',
  },
  buildkite: {
    claims: ['build_branch', 'build_tag', 'build_commit', 'build_source'],
    add: 'build_branch: main',
  },
  circleci: {
    claims: [
      'oidc.circleci.com/vcs-ref',
      'oidc.circleci.com/context-ids',
      'oidc.circleci.com/pipeline-definition-id',
    ],
    add: 'oidc.circleci.com/vcs-ref: refs/heads/main with oidc.circleci.com/vcs-origin, or oidc.circleci.com/context-ids with a restricted context',
  },
};

function ofBranches({ preset, when, only }: TrustRule): string[] {
  if (preset === undefined || only.every(({ actions }) => actions.every((action) => action === 'pull')))
    return [];
  const { claims, add } = branchClaims[preset];
  return when.some(({ claim }) => claims.includes(claim))
    ? []
    : [
        `jobs of every branch and pull request can do more than pull, also those that no one has reviewed. To limit it, add ${add}`,
      ];
}

function ofStars({ when }: TrustRule): string[] {
  return when.flatMap(({ claim, accepted }) =>
    accepted
      .filter((value) => value.includes('**'))
      .map(
        (value) =>
          `${JSON.stringify(value)} for ${claim} means the same as ${JSON.stringify(value.replaceAll(/\*+/g, '*'))}: in claims, a star never matches a slash. List the values, or write one star for each segment`,
      ),
  );
}
