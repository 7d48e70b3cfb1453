import { expect, test } from 'vitest';
import type { JwtTest } from '../../../../src/console/api/trust-types.ts';
import { formatDuration } from '../../../../src/console/model/trust/duration.ts';
import { pinnedClaims } from '../../../../src/console/model/trust/pins.ts';
import { subjectHref, trustRuleOf } from '../../../../src/console/model/trust/subject.ts';
import { groupResults, verdictOfTest } from '../../../../src/console/model/trust/test-words.ts';
import { audienceFor, workflowLines } from '../../../../src/console/model/trust/workflow.ts';

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
      { rule: 'c', kind: 'match' },
    ]),
  ).toMatchObject([
    {
      rule: 'a',
      isMatch: false,
      mismatches: [
        { claim: 'ref', actual: String.raw`"x\u202e"`, expected: ['main'] },
        { claim: 'aud', actual: undefined },
      ],
    },
    { rule: 'b', isMatch: false, mismatches: [{ claim: 'iss' }] },
    { rule: 'c', isMatch: true, mismatches: [] },
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

test.each(['github', 'gitlab', 'buildkite', 'circleci', null] as const)(
  'the lines for a job of %s log in at this host, with the audience',
  (preset) => {
    const { text } = workflowLines({ preset, audience: ['aud.example.com'] }, 'registry.example.com:5001');
    expect(text).toMatch(/docker login registry\.example\.com:5001 --username ci --password-stdin$/);
    if (preset !== null) expect(text).toContain('aud.example.com');
  },
);

test('formats durations', () => {
  expect(['1h', '90m', '0s', 'soon'].map(formatDuration)).toEqual([
    '1 hour',
    '90 minutes',
    '0 seconds',
    'soon',
  ]);
});
