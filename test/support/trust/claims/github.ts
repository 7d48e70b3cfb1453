import { audience, type PlatformClaims } from './claim-set.ts';

const reference = 'https://docs.github.com/en/actions/reference/security/oidc';
const example =
  'https://docs.github.com/en/actions/concepts/security/openid-connect#understanding-the-oidc-token';
const immutable = `${reference}#immutable-subject-claims`;

/** A push to the branch `main` of a repository that was created before 2026-07-15. */
const push = {
  iss: 'https://token.actions.githubusercontent.com',
  aud: audience,
  sub: 'repo:acme/app:ref:refs/heads/main',
  jti: '6f4762ed-0758-4ccb-808d-ee3af5d723a8',
  actor: 'octocat',
  actor_id: '12',
  base_ref: '',
  check_run_id: '49012345678',
  event_name: 'push',
  head_ref: '',
  job_workflow_ref: 'acme/app/.github/workflows/image.yml@refs/heads/main',
  job_workflow_sha: 'c9ed89cf4dacf01feb527c42a26e0a8920d14c61',
  ref: 'refs/heads/main',
  ref_protected: 'true',
  ref_type: 'branch',
  repository: 'acme/app',
  repository_id: '260064828',
  repository_owner: 'acme',
  repository_owner_id: '65',
  repository_visibility: 'private',
  run_attempt: '1',
  run_id: '22259804324',
  run_number: '42',
  runner_environment: 'github-hosted',
  sha: 'c9ed89cf4dacf01feb527c42a26e0a8920d14c61',
  workflow: 'image',
  workflow_ref: 'acme/app/.github/workflows/image.yml@refs/heads/main',
  workflow_sha: 'c9ed89cf4dacf01feb527c42a26e0a8920d14c61',
};

const pullRequest = {
  ...push,
  sub: 'repo:acme/app:pull_request',
  actor: 'mallory',
  actor_id: '666',
  base_ref: 'main',
  event_name: 'pull_request',
  head_ref: 'main',
  job_workflow_ref: 'acme/app/.github/workflows/image.yml@refs/pull/17/merge',
  ref: 'refs/pull/17/merge',
  ref_protected: 'false',
  workflow_ref: 'acme/app/.github/workflows/image.yml@refs/pull/17/merge',
};

export const github: PlatformClaims = {
  lifetime: 300,
  accepted: {
    'a push, with the sub of repositories from before 2026-07-15': { source: example, claims: push },
    'a push, with the sub of repositories from after 2026-07-15, which has ids': {
      source: immutable,
      claims: { ...push, sub: 'repo:acme@65/app@260064828:ref:refs/heads/main' },
    },
    'a run that a person started (workflow_dispatch)': {
      source: example,
      claims: { ...push, event_name: 'workflow_dispatch' },
    },
    'a job with an environment, which changes the sub': {
      source: `${reference}#filtering-for-a-specific-environment`,
      claims: {
        ...push,
        sub: 'repo:acme@65/app@260064828:environment:production',
        environment: 'production',
      },
    },
    'a job in a reusable workflow of another repository': {
      source:
        'https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows',
      claims: {
        ...push,
        job_workflow_ref: 'acme/automation/.github/workflows/build.yml@refs/tags/v2',
        job_workflow_sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      },
    },
    'a sub that the organization has customized': {
      source: `${reference}#customizing-the-subject-claims-for-an-organization-or-repository`,
      claims: { ...push, sub: 'repository_owner:acme:repository_visibility:private' },
    },
    'the repository after it and its owner were renamed': {
      source: immutable,
      claims: {
        ...push,
        sub: 'repo:acme-inc@65/shop@260064828:ref:refs/heads/main',
        repository: 'acme-inc/shop',
        repository_owner: 'acme-inc',
      },
    },
  },
  denied: {
    'another branch': {
      because: 'ref',
      source: example,
      claims: {
        ...push,
        sub: 'repo:acme/app:ref:refs/heads/feature',
        ref: 'refs/heads/feature',
        ref_protected: 'false',
      },
    },
    'a tag with the name of the branch': {
      because: 'ref',
      source: `${reference}#filtering-for-a-specific-tag`,
      claims: { ...push, sub: 'repo:acme/app:ref:refs/tags/main', ref: 'refs/tags/main', ref_type: 'tag' },
    },
    // GitHub gives pull requests from forks no JWT, unless a private repository has "Send write tokens to workflows from
    // pull requests" turned on.
    'a pull request from a fork, whose branch is also called main': {
      because: 'ref',
      source: `${reference}#filtering-for-pull_request-events`,
      claims: pullRequest,
    },
    'a pull request from a fork by pull_request_target, whose ref is that of the base branch': {
      because: 'event_name',
      source:
        'https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows',
      claims: {
        ...pullRequest,
        sub: 'repo:acme/app:ref:refs/heads/main',
        event_name: 'pull_request_target',
        job_workflow_ref: push.job_workflow_ref,
        ref: 'refs/heads/main',
        workflow_ref: push.workflow_ref,
      },
    },
    'a push in the fork itself': {
      because: 'repository_id',
      source: example,
      claims: {
        ...push,
        sub: 'repo:mallory@666/app@991:ref:refs/heads/main',
        repository: 'mallory/app',
        repository_id: '991',
        repository_owner: 'mallory',
        repository_owner_id: '666',
      },
    },
    'a new repository with the name of a deleted one': {
      because: 'repository_id',
      source: immutable,
      claims: { ...push, sub: 'repo:acme@65/app@310000001:ref:refs/heads/main', repository_id: '310000001' },
    },
    'a repository of someone else who took over the name of a renamed owner': {
      because: 'repository_id',
      source: immutable,
      claims: {
        ...push,
        sub: 'repo:acme@777/app@310000002:ref:refs/heads/main',
        repository_id: '310000002',
        repository_owner_id: '777',
      },
    },
    'the JWT of another audience, which is the default one': {
      because: 'aud',
      source: reference,
      claims: { ...push, aud: 'https://github.com/acme' },
    },
  },
};

/** A push on GitHub Enterprise Server, which has its own issuer and no immutable subjects. */
export const githubEnterpriseServer: PlatformClaims = {
  lifetime: 300,
  accepted: {
    'a push': {
      source: 'https://docs.github.com/en/enterprise-server@3.18/actions/reference/security/oidc',
      claims: withoutNewerClaims('https://github.example.com/_services/token'),
    },
  },
  denied: {
    'the JWT of another issuer': {
      because: 'iss',
      source: reference,
      claims: withoutNewerClaims('https://token.actions.githubusercontent.com'),
    },
  },
};

function withoutNewerClaims(iss: string): Record<string, unknown> {
  const claims: Record<string, unknown> = { ...push, iss };
  delete claims['check_run_id'];
  return claims;
}
