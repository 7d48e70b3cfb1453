import { describe, expect, test } from 'vitest';
import { readNewRule, type NewRuleOptions } from '../../../../src/cli/trust/new-rule.ts';

const options: NewRuleOptions = { only: ['acme/app/**:pull,push'], session: '1h' };
const organization = '6d4bde1b-3a0c-4d6b-9f7c-1f6f0c3b2a11';
const project = 'c9d7b1a2-54c1-4c5e-8f0a-2b7a3c9d4e22';

describe('a rule for a project of a platform', () => {
  test('names the repository at GitHub and fixes its ids', () => {
    const given = { ...options, branch: ['main', 'release/*'], tag: ['v*'], environment: ['production'] };
    expect(readNewRule('github', 'Acme/App', given)).toEqual({
      name: 'acme-app',
      definition: {
        issuer: 'github',
        when: {
          repository: ['Acme/App'],
          ref: ['refs/heads/main', 'refs/heads/release/*', 'refs/tags/v*'],
          environment: ['production'],
        },
        only: ['acme/app/**:pull,push'],
        session: '1h',
      },
      pins: ['repository_id', 'repository_owner_id'],
    });
  });

  test('names the project at GitLab, also on a server of your own', () => {
    const given = {
      ...{ ...options, branch: ['main'], issuer: 'https://gitlab.example.com', audience: ['registry'] },
      ...{ name: 'shop', session: '30m' },
    };
    expect(readNewRule('gitlab', 'acme/web/shop', given)).toEqual({
      name: 'shop',
      definition: {
        issuer: 'https://gitlab.example.com',
        audience: ['registry'],
        when: { project_path: ['acme/web/shop'], ref: ['main'], ref_type: ['branch'] },
        only: ['acme/app/**:pull,push'],
        session: '30m',
      },
      pins: ['project_id', 'namespace_id'],
    });
    expect(readNewRule('gitlab', 'acme/app', { ...options, tag: ['v*'] }).definition).toMatchObject({
      when: { ref: ['v*'], ref_type: ['tag'] },
    });
  });

  test('names the pipeline at Buildkite', () => {
    expect(readNewRule('buildkite', 'acme/app', { ...options, branch: ['main'] })).toMatchObject({
      name: 'acme-app',
      definition: {
        issuer: 'buildkite',
        when: { organization_slug: ['acme'], pipeline_slug: ['app'], build_branch: ['main'] },
      },
      pins: ['organization_id', 'pipeline_id'],
    });
  });

  test('contains the ids at CircleCI from the start', () => {
    expect(
      readNewRule('circleci', `${organization}/${project}`, { ...options, branch: ['main'] }),
    ).toMatchObject({
      name: 'circleci-c9d7b1a2',
      definition: {
        issuer: 'circleci',
        when: {
          'oidc.circleci.com/org-id': [organization],
          'oidc.circleci.com/project-id': [project],
          'oidc.circleci.com/vcs-ref': ['refs/heads/main'],
        },
      },
      pins: [],
    });
  });

  test('can have further conditions, but not two on one claim', () => {
    const when = ['event_name=push', 'event_name=workflow_dispatch'];
    expect(readNewRule('github', 'acme/app', { ...options, when }).definition).toMatchObject({
      when: { repository: ['acme/app'], event_name: ['push', 'workflow_dispatch'] },
    });
    expect(() => readNewRule('github', 'acme/app', { ...options, when: ['repository=x/y'] })).toThrow(
      '--when repository=… contradicts',
    );
  });

  test.each([
    ['github', 'acme', /OWNER\/REPO/],
    ['github', 'acme/*', /OWNER\/REPO/],
    ['github', 'acme/app/more', /OWNER\/REPO/],
    ['gitlab', 'app', /GROUP\/PROJECT/],
    ['circleci', 'acme/app', /ORG-ID\/PROJECT-ID/],
    ['jenkins', 'acme/app', /not a platform: use github, gitlab/],
  ])('%s %s is rejected with the right form', (platform, given, message) => {
    expect(() => readNewRule(platform, given, options)).toThrow(message);
  });

  test('selections that the platform does not know are rejected', () => {
    const both = { ...options, branch: ['main'], tag: ['v1'] };
    for (const platform of ['gitlab', 'buildkite'])
      expect(() => readNewRule(platform, 'acme/app', both)).toThrow('add one rule for the branches');
    expect(() => readNewRule('buildkite', 'acme/app', { ...options, environment: ['x'] })).toThrow(
      'leave out --environment',
    );
  });
});

describe('a rule for another issuer', () => {
  test('has the conditions of --when, and fixes nothing', () => {
    const given = {
      ...{ ...options, issuer: 'https://ci.example.com', jwks: 'https://ci.example.com/keys' },
      when: ['sub=job:a=b', 'ref=main', 'ref=next'],
    };
    expect(readNewRule('jenkins', undefined, given)).toEqual({
      name: 'jenkins',
      definition: {
        issuer: 'https://ci.example.com',
        jwks: 'https://ci.example.com/keys',
        when: { sub: ['job:a=b'], ref: ['main', 'next'] },
        only: ['acme/app/**:pull,push'],
        session: '1h',
      },
      pins: [],
    });
  });

  test('what is missing or misplaced is named', () => {
    const issuer = 'https://ci.example.com';
    expect(() => readNewRule('jenkins', undefined, options)).toThrow('the issuer is missing');
    expect(() => readNewRule('github', undefined, options)).toThrow('the project is missing');
    expect(() => readNewRule('x', undefined, { ...options, issuer, branch: ['main'] })).toThrow(
      '--branch is only for a project',
    );
    expect(() => readNewRule('x', undefined, { ...options, issuer, name: 'y' })).toThrow(
      '--name is only for',
    );
    for (const when of ['ref', '=main', 'ref='])
      expect(() => readNewRule('x', undefined, { ...options, issuer, when: [when] })).toThrow('CLAIM=VALUE');
  });
});
