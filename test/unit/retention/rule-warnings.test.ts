import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern, matches } from '../../../src/policy/pattern.ts';
import { coversPattern, findRetentionWarnings } from '../../../src/retention/rule-warnings.ts';
import { ruleOf } from '../../support/retention/rules.ts';

const complete = { receivesEvents: true, hasSchedule: true, appliesPlans: true };
const bare = { receivesEvents: false, hasSchedule: false, appliesPlans: false };

test.each([
  [['ci/**'], ['ci/app'], 'retention rule 2 has no effect: rule 1 matches the same repositories'],
  [['**'], ['a/*', 'b'], 'retention rule 2 has no effect: rule 1 matches the same repositories'],
  [['ci/**'], ['ci/*', 'team/**'], 'retention rule 2 has no effect for "ci/*": rule 1 matches'],
  [['ci/**'], ['team//*'], 'retention rule 2: no repository matches "team//*"'],
])('after a rule on %j, a rule on %j gets a warning', (first, second, wanted) => {
  const rules = [ruleOf({ on: first, keep: { newest: 1 } }, 1), ruleOf({ on: second, untagged: 1 }, 2)];
  expect(findRetentionWarnings(rules, complete)).toEqual([expect.stringContaining(wanted)]);
});

test('rules for different repositories get no warning', () => {
  const rules = [
    ruleOf({ on: ['ci/*'], keep: { newest: 1, tags: ['v*', 'latest', '*-rc'] } }, 1),
    ruleOf({ on: ['ci/**'], untagged: 1 }, 2),
  ];
  expect(findRetentionWarnings(rules, complete)).toEqual([]);
  expect(findRetentionWarnings([], bare)).toEqual([]);
});

test('a pattern of tags that keeps every tag, or none, gets a warning', () => {
  const rules = [ruleOf({ on: ['**'], keep: { tags: ['*', 'team/v*'] } }, 1)];
  expect(findRetentionWarnings(rules, complete)).toEqual([
    'retention rule 1 deletes no tag, because "*" in keep.tags keeps every tag',
    'retention rule 1: no tag matches "team/v*" in keep.tags',
  ]);
});

test('rules without events, and a schedule without rules, get a warning', () => {
  const rules = [ruleOf({ on: ['**'], keep: { pulledWithin: 1 } }, 1)];
  expect(findRetentionWarnings(rules, bare)).toEqual([
    expect.stringMatching(/delete nothing .* \(pulledWithin in rule 1 needs them\)\. Set events\.secret/),
  ]);
  expect(findRetentionWarnings([], complete)).toEqual([expect.stringContaining('there is no rule')]);
  expect(findRetentionWarnings([], { ...bare, appliesPlans: true })).toEqual([
    'retentionSchedule.apply has no effect, because retentionSchedule.at is not set',
  ]);
});

test('a pattern covers another one only if it matches all its names', () => {
  const text = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 5 });
  fc.assert(
    fc.property(text('ab/*'), text('ab/*'), text('ab/'), (one, other, name) => {
      if (coversPattern(one, other) && matches(compilePattern(other), name))
        expect(matches(compilePattern(one), name)).toBe(true);
      expect(coversPattern('**', other)).toBe(true);
      expect(coversPattern(one, one)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
