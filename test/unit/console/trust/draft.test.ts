import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../../src/console/model/trust/add-command.ts';
import {
  findConflict,
  requestOf,
  suggestName,
  suggestPattern,
  type RuleDraft,
} from '../../../../src/console/model/trust/draft.ts';
import { draftErrors } from '../../../../src/console/model/trust/draft-errors.ts';

const draft: RuleDraft = {
  platform: 'github',
  name: 'acme-app',
  server: '',
  project: 'acme/app',
  organization: '',
  branch: '',
  tag: '',
  environment: '',
  issuer: '',
  jwks: '',
  audience: '',
  conditions: [],
  only: ['acme/app:pull,push'],
  session: '1h',
};

const errorsOf = (part: Partial<RuleDraft>): readonly string[] =>
  Object.entries(draftErrors({ ...draft, ...part }))
    .filter(([, text]) => text !== undefined)
    .map(([member]) => member);

describe('the body that adds a rule', () => {
  test('names a repository of GitHub, and lets the first token fix its ids', () => {
    const filled = { ...draft, branch: ' main ', tag: 'v*', environment: 'production' };
    expect(requestOf(filled)).toEqual({
      name: 'acme-app',
      issuer: 'github',
      when: {
        repository: 'acme/app',
        ref: ['refs/heads/main', 'refs/tags/v*'],
        environment: 'production',
      },
      only: ['acme/app:pull,push'],
      session: '1h',
      pin: ['repository_id', 'repository_owner_id'],
    });
  });

  test('names a branch or tag of GitLab without its prefix', () => {
    const when = (part: Partial<RuleDraft>) => requestOf({ ...draft, platform: 'gitlab', ...part }).when;
    expect(when({ branch: 'main' })).toEqual({ project_path: 'acme/app', ref: 'main', ref_type: 'branch' });
    expect(when({ tag: 'v*' })).toEqual({ project_path: 'acme/app', ref: 'v*', ref_type: 'tag' });
    expect(when({})).toEqual({ project_path: 'acme/app' });
  });

  test('names a pipeline of Buildkite', () => {
    expect(requestOf({ ...draft, platform: 'buildkite', branch: 'main' })).toMatchObject({
      issuer: 'buildkite',
      when: { organization_slug: 'acme', pipeline_slug: 'app', build_branch: 'main' },
      pin: ['organization_id', 'pipeline_id'],
    });
  });

  test('names the ids of CircleCI, so that nothing waits for a confirmation', () => {
    const body = requestOf({ ...draft, platform: 'circleci', organization: 'o-1', project: 'p-1' });
    expect(body).toMatchObject({
      issuer: 'circleci',
      when: { 'oidc.circleci.com/org-id': 'o-1', 'oidc.circleci.com/project-id': 'p-1' },
    });
    expect(body).not.toHaveProperty('pin');
  });

  test.each([
    ['github', 'https://github.example.com/', 'https://github.example.com/_services/token'],
    ['gitlab', 'gitlab.example.com', 'https://gitlab.example.com'],
  ] as const)('has the issuer of an own server of %s', (platform, server, issuer) => {
    expect(requestOf({ ...draft, platform, server }).issuer).toBe(issuer);
  });

  test('contains conditions and audiences as a person lists them', () => {
    const conditions = [
      { claim: ' sub ', values: 'a, b' },
      { claim: 'kubernetes.io/namespace', values: 'shop' },
    ];
    expect(
      requestOf({
        ...draft,
        platform: 'other',
        issuer: 'https://id.example.com',
        jwks: 'https://id.example.com/keys',
        conditions,
        audience: 'one, two',
      }),
    ).toEqual({
      name: 'acme-app',
      issuer: 'https://id.example.com',
      jwks: 'https://id.example.com/keys',
      audience: ['one', 'two'],
      when: { sub: ['a', 'b'], 'kubernetes.io/namespace': 'shop' },
      only: ['acme/app:pull,push'],
      session: '1h',
    });
  });
});

test('suggests the name that the command line would choose, and the repository', () => {
  const filled = { ...draft, project: 'Acme_Inc/My.App' };
  expect([suggestName(filled), suggestPattern(filled)]).toEqual(['acme-inc-my.app', 'acme_inc/my.app']);
  expect(suggestPattern({ ...draft, project: 'acme/-app' })).toBe('');
  expect(suggestName({ ...draft, platform: 'circleci', project: '4b8a3c52-9b0e' })).toBe('circleci-4b8a3c52');
});

test('says what is missing before anything is sent', () => {
  expect(errorsOf({})).toEqual([]);
  expect(errorsOf({ project: 'app', name: ' ' })).toEqual(['name', 'when']);
  expect(errorsOf({ platform: 'circleci', project: '' })).toEqual(['issuer', 'when']);
  expect(errorsOf({ platform: 'gitlab', branch: 'main', tag: 'v1' })).toEqual(['tag']);
  expect(errorsOf({ platform: 'other', issuer: 'http://id.example.com' })).toEqual(['issuer', 'when']);
  expect(errorsOf({ conditions: [{ claim: 'actor', values: ' ' }] })).toEqual(['conditions']);
});

test.each<[Partial<RuleDraft>, string]>([
  [
    { branch: 'release/*', session: '6h' },
    "dockpass trust add github acme/app --branch 'release/*' --only acme/app:pull,push --session 6h",
  ],
  [
    { platform: 'gitlab', server: 'gitlab.example.com', name: 'own' },
    'dockpass trust add gitlab acme/app --issuer https://gitlab.example.com --only acme/app:pull,push --name own',
  ],
  [
    {
      platform: 'other',
      issuer: 'https://id.example.com',
      conditions: [{ claim: 'sub', values: "a'b, c" }],
    },
    String.raw`dockpass trust add acme-app --issuer https://id.example.com --when 'sub=a'\''b' --when sub=c --only acme/app:pull,push`,
  ],
])('writes the command that adds the same rule', (part, command) => {
  expect(commandOf({ ...draft, ...part })).toBe(command);
});

describe('a condition on a claim that is set already', () => {
  const conflictOf = (claims: readonly string[], part: Partial<RuleDraft> = {}) =>
    findConflict({ ...draft, ...part, conditions: claims.map((claim) => ({ claim, values: 'x' })) });

  test('is rejected if a field of the form sets the claim', () => {
    expect(conflictOf(['ref'], { branch: 'main' })).toMatchObject({ index: 0 });
    expect(conflictOf(['actor', ' repository '])).toMatchObject({ index: 1 });
    expect(errorsOf({ branch: 'main', conditions: [{ claim: 'ref', values: 'refs/heads/x' }] })).toEqual([
      'conditions',
    ]);
  });

  test('is rejected if the first token fixes the claim, or if an earlier condition names it', () => {
    expect(conflictOf(['repository_id'])?.text).toContain('first token');
    expect(conflictOf(['actor', 'actor'])).toMatchObject({ index: 1 });
    expect(conflictOf(['sub', 'sub'], { platform: 'other' })).toMatchObject({ index: 1 });
  });

  test('is accepted on another claim', () => {
    expect(conflictOf(['ref', 'actor', ''])).toBeUndefined();
  });
});
