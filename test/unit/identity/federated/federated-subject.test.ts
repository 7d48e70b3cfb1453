import { describe, expect, test } from 'vitest';
import { describeJob } from '../../../../src/identity/federated/federated-subject.ts';

describe('the job of a JWT', () => {
  test.each([
    [
      'github',
      { repository: 'acme/app', ref: 'refs/heads/main', run_id: '42', actor: 'mona' },
      'repository acme/app, ref refs/heads/main, run_id 42',
    ],
    [
      'gitlab',
      { project_path: 'acme/app', ref: 'main', job_id: 7 },
      'project_path acme/app, ref main, job_id 7',
    ],
    [
      'buildkite',
      { organization_slug: 'acme', pipeline_slug: 'app', build_number: 9 },
      'organization_slug acme, pipeline_slug app, build_number 9',
    ],
    ['circleci', { 'oidc.circleci.com/project-id': 'p1' }, 'project-id p1'],
    [
      undefined,
      {
        sub: 'x',
        'kubernetes.io': { namespace: 'web', serviceaccount: { name: 'app' }, pod: { name: 'app-1' } },
      },
      'namespace web, serviceaccount app, pod app-1',
    ],
    [undefined, { sub: 'job:1' }, 'sub job:1'],
    ['github', {}, ''],
  ] as const)('of %s is described by a few of its claims', (preset, claims, expected) => {
    expect(describeJob(preset, claims)).toBe(expected);
  });

  test('is short, and leaves out claims that are no text', () => {
    const claims = { repository: ['a'], ref: 'x'.repeat(5000), run_id: { a: 1 } };
    expect(describeJob('github', claims)).toBe(`ref ${'x'.repeat(60)}…`);
  });
});
