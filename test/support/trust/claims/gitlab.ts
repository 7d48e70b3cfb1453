import { audience, type PlatformClaims } from './claim-set.ts';

// Every id is a text, except `runner_id`, which is a number.

const reference = 'https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload';
/** The first documentation of ID tokens with `ref_path`. */
const earlier = 'https://archives.docs.gitlab.com/16.0/ee/ci/secrets/id_token_authentication.html';
/** Up to 18.2.1, the project claims of a merge request from a fork were those of the target project. */
const forks = 'https://gitlab.com/gitlab-org/gitlab/-/issues/561735';
const jobProject = 'https://gitlab.com/gitlab-org/gitlab/-/issues/563038';

/** A push to the protected branch `main`, as GitLab 16 describes it. */
const push16 = {
  iss: 'https://gitlab.com',
  aud: audience,
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  jti: '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b',
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/app',
  user_id: '1',
  user_login: 'alice',
  user_email: 'alice@example.com',
  pipeline_id: '574',
  pipeline_source: 'push',
  job_id: '302',
  ref: 'main',
  ref_type: 'branch',
  ref_path: 'refs/heads/main',
  ref_protected: 'true',
  runner_id: 1,
  runner_environment: 'gitlab-hosted',
  sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
};

/** The same as GitLab 18.9 describes it. */
const push = {
  ...push16,
  user_access_level: 'developer',
  user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
  groups_direct: ['acme', 'acme/infrastructure'],
  job_project_id: '20',
  job_project_path: 'acme/app',
  job_namespace_id: '72',
  job_namespace_path: 'acme',
  job_source: 'push',
  project_visibility: 'public',
  ci_config_ref_uri: 'gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main',
  ci_config_sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
};

/** The project claims of a fork. */
const fork = {
  sub: 'project_path:mallory/app:ref_type:branch:ref:main',
  namespace_id: '666',
  namespace_path: 'mallory',
  project_id: '991',
  project_path: 'mallory/app',
  user_id: '666',
  user_login: 'mallory',
  user_email: 'mallory@example.com',
};

export const gitlab: PlatformClaims = {
  lifetime: 3600,
  accepted: {
    'a push to a protected branch, with the claims of GitLab 18.9': { source: reference, claims: push },
    'a push to a protected branch, with the claims of GitLab 16.0': { source: earlier, claims: push16 },
    'a job with an environment': {
      source: reference,
      claims: {
        ...push,
        environment: 'production',
        environment_protected: 'true',
        deployment_tier: 'production',
        environment_action: 'start',
      },
    },
    'a pipeline that a person started (web)': {
      source: reference,
      claims: { ...push, pipeline_source: 'web' },
    },
    'the project after it moved to another group': {
      source: reference,
      claims: {
        ...push,
        sub: 'project_path:acme-inc/shop:ref_type:branch:ref:main',
        namespace_id: '90',
        namespace_path: 'acme-inc',
        project_path: 'acme-inc/shop',
      },
    },
  },
  denied: {
    'another branch': {
      because: 'ref_path',
      source: reference,
      claims: {
        ...push,
        sub: 'project_path:acme/app:ref_type:branch:ref:feature',
        ref: 'feature',
        ref_path: 'refs/heads/feature',
        ref_protected: 'false',
      },
    },
    'a tag with the name of the branch': {
      because: 'ref_path',
      source: reference,
      claims: {
        ...push,
        sub: 'project_path:acme/app:ref_type:tag:ref:main',
        ref_type: 'tag',
        ref_path: 'refs/tags/main',
      },
    },
    'the branch while it is not protected': {
      because: 'ref_protected',
      source: reference,
      claims: { ...push, ref_protected: 'false' },
    },
    // The pipeline runs in the target project: job_project_id names that one.
    'a merge request from a fork, in GitLab 18.2.2 and later': {
      because: 'project_id',
      source: jobProject,
      claims: { ...push, ...fork, pipeline_source: 'merge_request_event' },
    },
    // The branch of the fork is called main too. Here the claim `ref_protected` is the worst that can be assumed.
    'a merge request from a fork, in GitLab 18.2.1 and earlier': {
      because: 'pipeline_source',
      source: forks,
      claims: {
        ...push16,
        user_id: fork.user_id,
        user_login: fork.user_login,
        user_email: fork.user_email,
        pipeline_source: 'merge_request_event',
      },
    },
    'a push in the fork itself': {
      because: 'project_id',
      source: reference,
      claims: {
        ...push,
        ...fork,
        job_project_id: '991',
        job_project_path: 'mallory/app',
        job_namespace_id: '666',
        job_namespace_path: 'mallory',
      },
    },
    'a new project with the path of a deleted one': {
      because: 'project_id',
      source: reference,
      claims: { ...push, project_id: '40000001', job_project_id: '40000001' },
    },
    'the JWT of another audience': {
      because: 'aud',
      source: reference,
      claims: { ...push, aud: 'https://vault.example.com' },
    },
  },
};

/** A push on a self-managed GitLab. */
export const gitlabSelfManaged: PlatformClaims = {
  lifetime: 3600,
  accepted: {
    'a push to a protected branch': {
      source: reference,
      claims: {
        ...push,
        iss: 'https://gitlab.example.com',
        runner_environment: 'self-hosted',
        ci_config_ref_uri: 'gitlab.example.com/acme/app//.gitlab-ci.yml@refs/heads/main',
      },
    },
  },
  denied: { 'the JWT of gitlab.com': { because: 'iss', source: reference, claims: push } },
};
