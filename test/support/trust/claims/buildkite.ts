import { audience, type PlatformClaims } from './claim-set.ts';

const reference = 'https://buildkite.com/docs/agent/cli/reference/oidc#claims';
const optional = 'https://buildkite.com/docs/agent/cli/reference/oidc#optional-claims';
const forks = 'https://buildkite.com/docs/pipelines/source-control/github#running-builds-on-pull-requests';

/** The claims that every JWT has. */
const standard = {
  iss: 'https://agent.buildkite.com',
  aud: audience,
  sub: 'organization:acme:pipeline:app:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:image',
  organization_slug: 'acme',
  pipeline_slug: 'app',
  build_number: 42,
  build_branch: 'main',
  build_commit: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
  step_key: 'image',
  job_id: '0184990a-477b-4fa8-9968-496074483cee',
  agent_id: '0184990a-4782-42b5-afc1-16715b10b8ff',
  build_source: 'webhook',
  runner_environment: 'buildkite-hosted',
};

/** What `--claim organization_id,pipeline_id` adds. */
const ids = {
  organization_id: 'f892efa9-103e-4d28-97a1-3b8616a0994d',
  pipeline_id: '0184990a-4782-42b5-afc1-16715b10b1a0',
};

const build = { ...standard, ...ids };

export const buildkite: PlatformClaims = {
  lifetime: 300,
  accepted: {
    'a build of the branch': { source: optional, claims: build },
    'a build without a step key': { source: reference, claims: { ...build, step_key: null } },
    'a JWT whose sub is the id of the pipeline': {
      source: 'https://buildkite.com/docs/agent/cli/reference/oidc#custom-subject-claims',
      claims: { ...build, sub: ids.pipeline_id },
    },
    'the pipeline after it and its organization were renamed': {
      source: optional,
      claims: {
        ...build,
        sub: build.sub.replace('acme:pipeline:app', 'acme-inc:pipeline:shop'),
        organization_slug: 'acme-inc',
        pipeline_slug: 'shop',
      },
    },
  },
  denied: {
    'another branch': {
      because: 'build_branch',
      source: reference,
      claims: {
        ...build,
        sub: build.sub.replace('refs/heads/main', 'refs/heads/feature'),
        build_branch: 'feature',
      },
    },
    'a pull request from a fork, if the names of such branches have a prefix': {
      because: 'build_branch',
      source: forks,
      claims: {
        ...build,
        sub: build.sub.replace('refs/heads/main', 'refs/heads/mallory:main'),
        build_branch: 'mallory:main',
      },
    },
    'a new pipeline with the slug of a deleted one': {
      because: 'pipeline_id',
      source: optional,
      claims: { ...build, pipeline_id: '01a00000-4782-42b5-afc1-16715b10b1a0' },
    },
    'a JWT that was requested without --claim': {
      because: 'pipeline_id',
      source: reference,
      claims: standard,
    },
    'the JWT of another audience, which is the default one': {
      because: 'aud',
      source: reference,
      claims: { ...build, aud: 'https://buildkite.com/acme' },
    },
  },
};
