import { describe, expect, test } from 'vitest';
import { describeDenial } from '../../../../src/identity/federated/login/denial-detail.ts';
import type { RuleResult } from '../../../../src/trust/find-rule.ts';

const denied = (results: readonly RuleResult[]) =>
  ({ kind: 'denied', problem: 'no rule matches', detail: 'The JWT is valid.', results }) as const;
const mismatch = (rule: string, claim: string, actual: string | undefined = '"x"'): RuleResult => ({
  ...{ rule, kind: 'claim', claim, expected: ['y'], actual },
});

describe('the detail of a rejected JWT', () => {
  test('says what is wrong with the JWT itself', () => {
    const detail = {
      kind: 'denied',
      problem: 'expired',
      detail: 'It expired at noon.',
      results: [],
    } as const;
    expect(describeDenial(detail)).toBe('expired: It expired at noon.');
  });

  test('names the rule that nearly matches, and each claim that does not', () => {
    const results = [
      ...[mismatch('far', 'a'), mismatch('far', 'b'), mismatch('near', 'ref', '"refs/heads/x"')],
      ...[mismatch('later', 'ref'), { rule: 'keys', kind: 'keys' } as const],
    ];
    expect(describeDenial(denied(results))).toBe(
      'no rule matches: near: the claim ref is "refs/heads/x", but must be "y"',
    );
  });

  test('names a rule with other keys only if there is no other rule', () => {
    const other: RuleResult = { rule: 'cluster', kind: 'keys' };
    expect(describeDenial(denied([other, mismatch('near', 'a'), mismatch('near', 'b')]))).toContain('near:');
    expect(describeDenial(denied([other]))).toBe(
      'no rule matches: cluster: another key set has signed the JWT',
    );
  });

  test('is short, however long the claims are', () => {
    const long = Array.from({ length: 50 }, (_, at) =>
      mismatch('near', `claim${at}`, `"${'x'.repeat(200)}"`),
    );
    expect(describeDenial(denied(long)).length).toBeLessThanOrEqual(601);
  });
});
