import { describe, expect, test } from 'vitest';
import { describeJob, federatedSubject } from '../../../../src/identity/federated/federated-subject.ts';
import { randomFrom } from '../../../support/policy/random-policies.ts';
import { drawTrustCase } from '../../../support/trust/draw-trust.ts';

test('the subject of a JWT is the same whether its claims were seen before or not, also after a change of the rule', () => {
  const seed = Date.now() % 2 ** 31;
  let different = 0;
  for (let number = 0; number < 2000; number++) {
    const { rules, claims } = drawTrustCase(randomFrom(seed + number));
    const subjects = [...rules, ...rules.toReversed()].flatMap((rule) =>
      (['JWT', 'refresh token'] as const).map((through) => {
        const subject = JSON.stringify(federatedSubject(rule, claims, through));
        const expected = federatedSubject(rule, structuredClone(claims), through);
        expect(subject, `seed ${seed}, case ${number}`).toBe(JSON.stringify(expected));
        return subject;
      }),
    );
    if (new Set(subjects).size > 2) different++;
  }
  expect(different).toBeGreaterThan(200);
});

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
