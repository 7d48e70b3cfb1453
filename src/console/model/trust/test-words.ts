import type { JwtTest, RuleResult } from '../../api/trust-types.ts';
import { visible } from '../visible-text.ts';

/** Why a rule does not match a JWT, for display. */
export interface ShownResult {
  readonly rule: string;
  /** One entry for each thing that does not match. */
  readonly mismatches: readonly Mismatch[];
}

export interface Mismatch {
  readonly claim: string;
  readonly expected: readonly string[];
  /** Undefined if the JWT does not have the claim. */
  readonly actual: string | undefined;
  /** A sentence in place of the values. */
  readonly text?: string;
}

/** Groups the results by rule, in the order in which the rules are tried. */
export function groupResults(results: readonly RuleResult[]): readonly ShownResult[] {
  const shown = Map.groupBy(results, ({ rule }) => rule);
  return [...shown].map(([rule, own]) => ({ rule, mismatches: own.map(mismatchOf) }));
}

function mismatchOf(result: RuleResult): Mismatch {
  switch (result.kind) {
    case 'keys':
      return {
        claim: 'iss',
        expected: [],
        actual: undefined,
        text: 'The rule has the same issuer but another key set, so the token comes from elsewhere.',
      };
    case 'audience':
      return { claim: 'aud', expected: result.expected, actual: shownActual(result.actual) };
    case 'claim':
      return {
        claim: visible(result.claim),
        expected: result.expected,
        actual: shownActual(result.actual),
      };
  }
}

function shownActual(actual: string | null | undefined): string | undefined {
  return actual === null || actual === undefined ? undefined : visible(actual);
}

export interface TestVerdict {
  readonly kind: 'success' | 'warning' | 'error';
  readonly title: string;
}

/** Sums up the answer to a test in one sentence. */
export function verdictOfTest({ verdict, rule, problem }: JwtTest): TestVerdict {
  if (verdict === 'accepted') return { kind: 'success', title: `The token logs in as ci:${rule ?? ''}` };
  if (problem === 'waits for confirmation')
    return { kind: 'warning', title: `The token matches ${rule ?? 'a rule'}, which waits for confirmation` };
  if (problem === 'no rule matches')
    return { kind: 'error', title: 'The token is valid, but no trust rule matches it' };
  return { kind: 'error', title: problemTitles[problem ?? ''] ?? 'The token is rejected' };
}

/** What is wrong with a JWT that could not be verified. */
const problemTitles: Readonly<Record<string, string>> = {
  malformed: 'This is not a JWT that dockpass can read',
  'unknown issuer': 'No trust rule has the issuer of this token',
  algorithm: 'The token is signed with an algorithm that is not allowed',
  'unknown key': 'The issuer does not have the key of this token',
  signature: 'The signature of the token is wrong',
  expired: 'The token has expired',
  'not yet valid': 'The token is not valid yet',
  audience: 'The token is for another audience',
  'missing claim': 'The token lacks a claim that every token must have',
  'keys unavailable': 'The keys of the issuer cannot be read now',
};
