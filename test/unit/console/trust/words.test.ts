import { expect, test } from 'vitest';
import type { JwtTest } from '../../../../src/console/api/trust-types.ts';
import { formatDuration } from '../../../../src/console/model/trust/duration.ts';
import { pinnedClaims } from '../../../../src/console/model/trust/pins.ts';
import { subjectHref, trustRuleOf } from '../../../../src/console/model/trust/subject.ts';
import { groupResults, verdictOfTest } from '../../../../src/console/model/trust/test-words.ts';
import { audienceFor, workflowLines, workflowOf } from '../../../../src/console/model/trust/workflow.ts';

const denied: JwtTest = {
  verdict: 'denied',
  rule: null,
  problem: 'no rule matches',
  detail: null,
  rights: [],
  hosts: [],
  results: [],
  claims: null,
  isVerified: true,
};

test('a subject leads to its trust rule, and a user to the page of the user', () => {
  expect([trustRuleOf('ci:acme-app'), trustRuleOf('ci:'), trustRuleOf('alice')]).toEqual([
    'acme-app',
    undefined,
    undefined,
  ]);
  expect([subjectHref('ci:a/../b'), subjectHref('alice')]).toEqual([
    '/auth/trust/rules/a%2F..%2Fb',
    '/auth/users/alice',
  ]);
});

test('groups what does not match by rule', () => {
  expect(
    groupResults([
      { rule: 'a', kind: 'claim', claim: 'ref', expected: ['main'], actual: '"x\u202e"' },
      { rule: 'b', kind: 'keys' },
      { rule: 'a', kind: 'audience', expected: ['r'] },
    ]),
  ).toMatchObject([
    {
      rule: 'a',
      mismatches: [
        { claim: 'ref', actual: String.raw`"x\u202e"`, expected: ['main'] },
        { claim: 'aud', actual: undefined },
      ],
    },
    { rule: 'b', mismatches: [{ claim: 'iss' }] },
  ]);
});

test('sums up the test of a token', () => {
  expect(verdictOfTest(denied).title).toBe('The token is valid, but no trust rule matches it');
  expect(verdictOfTest({ ...denied, problem: 'expired' }).title).toBe('The token has expired');
  expect(verdictOfTest({ ...denied, problem: 'something new' }).kind).toBe('error');
  expect(verdictOfTest({ ...denied, problem: 'waits for confirmation', rule: 'web' })).toEqual({
    kind: 'warning',
    title: 'The token matches web, which waits for confirmation',
  });
  expect(verdictOfTest({ ...denied, verdict: 'accepted', problem: null, rule: 'web' })).toEqual({
    kind: 'success',
    title: 'The token logs in as ci:web',
  });
});

test('names a claim that the first token lacks, and no claim that is not fixed', () => {
  const claims = { project_id: '7', ref: 'main' };
  expect(pinnedClaims({ pin: ['project_id', 'namespace_id'] }, { claims })).toEqual({
    project_id: '7',
    namespace_id: undefined,
  });
});

test('requests an audience that the rule accepts', () => {
  expect(audienceFor(['registry.example.com'], 'registry.example.com:5001')).toBe('registry.example.com');
  expect(audienceFor(['a:1', 'a'], 'a:1')).toBe('a:1');
  expect(audienceFor(['other'], 'registry.example.com')).toBe('other');
});

const rule = {
  issuer: 'https://id.example.com',
  preset: null,
  when: { sub: 'job' },
  audience: ['aud.example.com'],
};

test.each([
  [{ preset: 'github' }, /^permissions: .*id-token: write[^]*&audience=aud\.example\.com"/],
  [{ preset: 'gitlab' }, /id_tokens: .*aud: "aud\.example\.com"/],
  [{ preset: 'buildkite' }, /--audience aud\.example\.com --claim organization_id,pipeline_id/],
  [{ preset: 'circleci' }, /--claims '\{"aud":"aud\.example\.com"\}'/],
  [{ issuer: 'https://github.example.com/_services/token' }, /^permissions: /],
  [{ issuer: 'https://forgejo.example.com/api/actions' }, /^enable-openid-connect: true/],
  [{ when: { project_path: 'acme/app' } }, /^build-image:/],
  [{}, /^echo "\$JWT" \| docker login/],
] as const)('the lines for a job of %j request a token and log in at this host', (part, pattern) => {
  const { text } = workflowLines({ ...rule, ...part }, 'registry.example.com:5001');
  expect(text).toMatch(pattern);
  expect(text).toMatch(/docker login registry\.example\.com:5001 --username ci --password-stdin$/);
});

test('recognizes the rule of a cluster', () => {
  expect(workflowOf({ ...rule, when: { 'kubernetes.io/namespace': ['shop'] } })).toBe('kubernetes');
});

test('formats durations', () => {
  expect(['1h', '90m', '0s', 'soon'].map(formatDuration)).toEqual([
    '1 hour',
    '90 minutes',
    '0 seconds',
    'soon',
  ]);
});
