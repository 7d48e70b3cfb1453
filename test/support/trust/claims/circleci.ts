import { audience, type PlatformClaims } from './claim-set.ts';

// The names of the claims contain slashes, but the claims are not nested.

const reference =
  'https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/#format-of-the-openid-connect-id-token';
const custom = 'https://circleci.com/docs/guides/permissions-authentication/oidc-tokens-with-custom-claims/';
const forks =
  'https://circleci.com/docs/guides/integration/oss/#pass-secrets-to-builds-from-forked-pull-requests';

const organization = '6d4bde1b-3a0c-4d6b-9f7c-1f6f0c3b2a11';
const project = 'c9d7b1a2-54c1-4c5e-8f0a-2b7a3c9d4e22';
const user = '1f2e3d4c-aaaa-4bbb-8ccc-0d1e2f3a4b55';
const account = `org/${organization}/project/${project}/user/${user}`;
const origin = 'github.com/acme/app';

/** The claims of `$CIRCLE_OIDC_TOKEN` until February 2023. */
const first = {
  iss: `https://oidc.circleci.com/org/${organization}`,
  aud: audience,
  sub: account,
  'oidc.circleci.com/context-ids': ['a74579f1-2e7d-451e-b009-5c082ad2729e'],
  'oidc.circleci.com/project-id': project,
};

/** A push to the branch `main`, as `circleci run oidc get` describes it today. */
const push = {
  ...first,
  sub: `${account}/vcs-origin/${origin}/vcs-ref/refs/heads/main`,
  'oidc.circleci.com/job-id': '5c6b1c5e-8d0a-4a55-9a07-3a4ed4a1e2f3',
  'oidc.circleci.com/org-id': organization,
  'oidc.circleci.com/pipeline-definition-id': '0c3d5f6a-1111-4222-8333-944455566677',
  'oidc.circleci.com/pipeline-id': '7e8f9a0b-2222-4333-8444-a55566677788',
  'oidc.circleci.com/ssh-rerun': false,
  'oidc.circleci.com/vcs-origin': origin,
  'oidc.circleci.com/vcs-ref': 'refs/heads/main',
  'oidc.circleci.com/workflow-id': '9a0b1c2d-3333-4444-8555-b66677788899',
};

export const circleci: PlatformClaims = {
  lifetime: 3600,
  accepted: {
    'a push, with the claims of 2026': { source: reference, claims: push },
    // Before the claims of the job, the organization and the workflow were added.
    'a push, with the claims of 2023': {
      source: 'https://github.com/circleci/circleci-docs/pull/7801',
      claims: {
        ...first,
        sub: push.sub,
        'oidc.circleci.com/ssh-rerun': false,
        'oidc.circleci.com/vcs-origin': origin,
        'oidc.circleci.com/vcs-ref': 'refs/heads/main',
      },
    },
    'a job with two contexts': {
      source: 'https://github.com/circleci/circleci-docs/pull/9745',
      claims: {
        ...push,
        'oidc.circleci.com/context-ids': [
          'a74579f1-2e7d-451e-b009-5c082ad2729e',
          'cb32986e-2f6f-4f43-b2bd-d3c2fd98e903',
        ],
      },
    },
  },
  denied: {
    'another branch': {
      because: 'oidc.circleci.com/vcs-ref',
      source: reference,
      claims: {
        ...push,
        sub: `${account}/vcs-origin/${origin}/vcs-ref/refs/heads/feature`,
        'oidc.circleci.com/vcs-ref': 'refs/heads/feature',
      },
    },
    // CircleCI gives such builds a JWT only if "Pass secrets to builds from forked pull requests" is on. The project is
    // that of the target repository.
    'a pull request from a fork': {
      because: 'oidc.circleci.com/vcs-origin',
      source: forks,
      claims: {
        ...push,
        sub: `${account}/vcs-origin/github.com/mallory/app/vcs-ref/refs/heads/main`,
        'oidc.circleci.com/vcs-origin': 'github.com/mallory/app',
      },
    },
    'another project for the same repository': {
      because: 'oidc.circleci.com/project-id',
      source: reference,
      claims: {
        ...push,
        sub: push.sub.replace(project, 'd0000000-54c1-4c5e-8f0a-2b7a3c9d4e22'),
        'oidc.circleci.com/project-id': 'd0000000-54c1-4c5e-8f0a-2b7a3c9d4e22',
      },
    },
    'the repository after it was renamed, until the rule has its new name': {
      because: 'oidc.circleci.com/vcs-origin',
      source: reference,
      claims: { ...push, 'oidc.circleci.com/vcs-origin': 'github.com/acme/shop' },
    },
    'a job that was run again with SSH': {
      because: 'oidc.circleci.com/ssh-rerun',
      source: reference,
      claims: { ...push, 'oidc.circleci.com/ssh-rerun': true },
    },
    'a pipeline of a custom webhook, which has no repository': {
      because: 'oidc.circleci.com/vcs-origin',
      source: reference,
      claims: withoutSource(),
    },
    'the claims from before 2023, which have no repository': {
      because: 'oidc.circleci.com/vcs-origin',
      source: 'https://github.com/circleci/circleci-docs/pull/7801',
      claims: first,
    },
    'the JWT of another organization': {
      because: 'iss',
      source: reference,
      claims: {
        ...push,
        iss: 'https://oidc.circleci.com/org/e0000000-3a0c-4d6b-9f7c-1f6f0c3b2a11',
        'oidc.circleci.com/org-id': 'e0000000-3a0c-4d6b-9f7c-1f6f0c3b2a11',
      },
    },
    'a JWT with the issuer of all organizations': {
      because: 'iss',
      source: custom,
      claims: { ...push, iss: 'https://oidc.circleci.com' },
    },
    'the JWT in $CIRCLE_OIDC_TOKEN_V2, whose audience is the organization': {
      because: 'aud',
      source: reference,
      claims: { ...push, aud: organization },
    },
  },
};

function withoutSource(): Record<string, unknown> {
  const claims: Record<string, unknown> = { ...push, sub: account };
  delete claims['oidc.circleci.com/vcs-origin'];
  delete claims['oidc.circleci.com/vcs-ref'];
  return claims;
}
