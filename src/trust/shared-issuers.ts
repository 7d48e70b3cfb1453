import type { ClaimCondition } from './claim-condition.ts';
import { circleciOrganizationClaim } from './presets.ts';

/** An issuer whose JWTs anyone in the world can get. */
export interface SharedIssuer {
  /** The platform, for messages. */
  readonly platform: string;
  /**
   * The claims that name an owner, a project or a repository. A rule must name one of them. Each is unique on the
   * platform. `sub` is none of them, because platforms change its form.
   */
  readonly owners: readonly string[];
  /** What to add to a rule without an owner. */
  readonly hint: string;
}

const githubClaims = ['repository_id', 'repository_owner_id', 'repository', 'repository_owner'];

const shared: ReadonlyMap<string, SharedIssuer> = new Map([
  [
    'token.actions.githubusercontent.com',
    {
      platform: 'GitHub',
      owners: githubClaims,
      hint: 'repository_id (print it with: gh api repos/OWNER/REPO --jq .id) or repository_owner_id',
    },
  ],
  [
    'gitlab.com',
    {
      platform: 'GitLab.com',
      owners: ['project_id', 'namespace_id', 'project_path', 'namespace_path'],
      hint: 'project_id (shown on the page of the project) or namespace_id',
    },
  ],
  [
    'agent.buildkite.com',
    {
      platform: 'Buildkite',
      owners: ['organization_id', 'organization_slug', 'pipeline_id'],
      hint: 'organization_id or pipeline_id',
    },
  ],
  [
    'codeberg.org',
    { platform: 'Codeberg', owners: githubClaims, hint: 'repository_id or repository_owner_id' },
  ],
  [
    'accounts.google.com',
    {
      platform: 'Google',
      owners: ['email', 'azp', 'hd', 'google/organization_number'],
      hint: 'email (the address of the service account) or azp',
    },
  ],
  [
    'app.terraform.io',
    {
      platform: 'HCP Terraform',
      owners: [
        ...['terraform_organization_id', 'terraform_project_id', 'terraform_workspace_id'],
        'terraform_organization_name',
      ],
      hint: 'terraform_organization_id or terraform_workspace_id',
    },
  ],
  [
    'oidc.vercel.com',
    {
      platform: 'Vercel',
      owners: ['owner_id', 'project_id', 'owner'],
      hint: 'owner_id or project_id',
    },
  ],
  [
    'oidc.codefresh.io',
    {
      platform: 'Codefresh',
      owners: ['account_id', 'pipeline_id', 'account_name'],
      hint: 'account_id or pipeline_id',
    },
  ],
  ['oauth2.sigstore.dev', { platform: 'Sigstore', owners: ['email'], hint: 'email' }],
]);

const circleci: SharedIssuer = {
  platform: 'CircleCI',
  owners: [circleciOrganizationClaim, 'oidc.circleci.com/project-id'],
  hint: `${circleciOrganizationClaim} (shown in the settings of the organization)`,
};

/**
 * Returns the shared issuer that a URL means, in any spelling: with an upper-case host, a port, a trailing dot or a
 * path. Returns undefined if only one organization gets JWTs of this issuer, such as a server of your own.
 */
export function sharedIssuerOf(issuer: string): SharedIssuer | undefined {
  const url = new URL(issuer);
  const host = url.hostname.replace(/\.+$/, '');
  // The issuer of a CircleCI organization contains the id of the organization.
  if (host === 'oidc.circleci.com') return /^\/+org\/+[^/]/.test(url.pathname) ? undefined : circleci;
  return shared.get(host);
}

/**
 * Returns true if a condition names an owner, a project or a repository. A value does not do so if there is a star
 * before its first slash, because it then matches the repositories of strangers, for example those of the owner
 * `acme-evil` if the value begins with `acme*`.
 */
export function namesOwner({ claim, accepted }: ClaimCondition, { owners }: SharedIssuer): boolean {
  return (
    owners.includes(claim) &&
    accepted.length > 0 &&
    accepted.every((value) => !(value.split('/')[0] ?? '').includes('*'))
  );
}

/**
 * Returns true if clusters of different people have this issuer, because it is the default name inside a Kubernetes
 * cluster. Only the key set tells such clusters apart.
 */
export function isClusterInternal(issuer: string): boolean {
  const host = new URL(issuer).hostname.replace(/\.+$/, '');
  return (
    /^kubernetes(?:\.default(?:\.svc(?:\..+)?)?)?$/.test(host) || /\.svc(?:\.cluster\.local)?$/.test(host)
  );
}
