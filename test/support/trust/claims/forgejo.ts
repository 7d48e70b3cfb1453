import { audience, type PlatformClaims } from './claim-set.ts';

// Every custom claim is a text.

const reference = 'https://forgejo.org/docs/next/user/actions/security-openid-connect/';
/** services/actions/auth.go has the claims; task.go decides who gets a JWT. */
const code = 'https://codeberg.org/forgejo/forgejo/src/branch/forgejo/services/actions';
const ids = 'https://codeberg.org/forgejo/forgejo/pulls/12355';

/** A push to the branch `main` in Forgejo 15, whose JWTs have no ids. */
const push15 = {
  iss: 'https://forgejo.example.com/api/actions',
  aud: audience,
  sub: 'repo:acme/app:ref:refs/heads/main',
  actor: 'alice',
  base_ref: '',
  event_name: 'push',
  head_ref: '',
  ref: 'refs/heads/main',
  ref_protected: 'true',
  ref_type: 'branch',
  repository: 'acme/app',
  repository_owner: 'acme',
  run_attempt: '1',
  run_id: '43',
  run_number: '43',
  sha: '76cb2978acb72029ac23277a6192eea1707c6a2c',
  workflow: 'image.yml',
  workflow_ref: 'acme/app/.forgejo/workflows/image.yml@refs/heads/main',
};

const push = { ...push15, actor_id: '2', repository_id: '74', repository_owner_id: '65' };

export const forgejo: PlatformClaims = {
  lifetime: 3600,
  accepted: {
    'a push in a repository that has kept the earlier sub': { source: ids, claims: push },
    'a push in a repository whose sub has ids': {
      source: ids,
      claims: { ...push, sub: 'repo:acme-65/app-74:ref:refs/heads/main' },
    },
    'a run that a person started (workflow_dispatch)': {
      source: reference,
      claims: { ...push, event_name: 'workflow_dispatch' },
    },
    'the repository after it and its owner were renamed': {
      source: ids,
      claims: {
        ...push,
        sub: 'repo:acme-inc-65/shop-74:ref:refs/heads/main',
        repository: 'acme-inc/shop',
        repository_owner: 'acme-inc',
      },
    },
  },
  denied: {
    'another branch': {
      because: 'ref',
      source: reference,
      claims: {
        ...push,
        sub: 'repo:acme/app:ref:refs/heads/feature',
        ref: 'refs/heads/feature',
        ref_protected: 'false',
      },
    },
    // A pull request from a fork gets no JWT. This one is from a branch of the same repository.
    'a pull request': {
      because: 'ref',
      source: reference,
      claims: {
        ...push,
        sub: 'repo:acme/app:pull_request',
        base_ref: 'main',
        event_name: 'pull_request',
        head_ref: 'main',
        ref: 'refs/pull/17/head',
        ref_protected: 'false',
        workflow_ref: 'acme/app/.forgejo/workflows/image.yml@refs/pull/17/head',
      },
    },
    'a pull request from a fork by pull_request_target, whose ref is that of the base branch': {
      because: 'event_name',
      source: `${code}/task.go`,
      claims: {
        ...push,
        actor: 'mallory',
        actor_id: '666',
        base_ref: 'main',
        event_name: 'pull_request_target',
        head_ref: 'main',
      },
    },
    // The job of a reusable workflow has this event, whatever the event of the run is.
    'a job of a reusable workflow, which a pull_request_target may have called': {
      because: 'event_name',
      source: `${code}/context.go`,
      claims: { ...push, event_name: 'workflow_call' },
    },
    'a push in the fork itself': {
      because: 'repository_id',
      source: ids,
      claims: {
        ...push,
        sub: 'repo:mallory-666/app-991:ref:refs/heads/main',
        repository: 'mallory/app',
        repository_id: '991',
        repository_owner: 'mallory',
        repository_owner_id: '666',
      },
    },
    'a new repository with the name of a deleted one': {
      because: 'repository_id',
      source: ids,
      claims: { ...push, sub: 'repo:acme-65/app-1001:ref:refs/heads/main', repository_id: '1001' },
    },
    'a repository of Forgejo 15, whose JWTs have no ids': {
      because: 'repository_id',
      source: reference,
      claims: push15,
    },
    'the JWT of another audience, which is the default one': {
      because: 'aud',
      source: reference,
      claims: { ...push, aud: 'https://forgejo.example.com/acme' },
    },
  },
};
