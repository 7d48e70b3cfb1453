import { describe, expect, test } from 'vitest';
import { explainRules, findRule, rightsOf } from '../../../src/trust/find-rule.ts';
import { findHidingRule } from '../../../src/trust/hidden-rules.ts';
import { randomFrom } from '../../support/policy/random-policies.ts';
import { drawTrustCase, type TrustCase } from '../../support/trust/draw-trust.ts';
import { naiveLogin } from '../../support/trust/naive-trust.ts';

/** Each run draws other cases. To repeat a failed run, set DOCKPASS_TEST_SEED to the seed that it printed. */
const cases = 20_000;
const start = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** Returns the first case for which the law does not hold, with its seed, or undefined if there is none. */
function counterexample(breaks: (drawn: TrustCase) => unknown): unknown {
  for (let seed = start; seed < start + cases; seed++) {
    const drawn = drawTrustCase(randomFrom(seed));
    const broken = breaks(drawn);
    if (broken !== undefined) return { DOCKPASS_TEST_SEED: seed, ...drawn, broken };
  }
  return undefined;
}

function loginOf(drawn: TrustCase): { rule: string; rights: string[] } | undefined {
  const rule = findRule(drawn.rules, drawn);
  if (rule === undefined) return undefined;
  const rights = rightsOf(rule, drawn.claims).map(
    ({ pattern, actions }) => `${pattern.text}:${actions.join(',')}`,
  );
  return { rule: rule.name, rights };
}

describe(`${cases} random rules and JWTs`, { timeout: 120_000 }, () => {
  test('match as in the naive reference, and give the same rights', () => {
    let matchCount = 0;
    let laterCount = 0;
    let boundCount = 0;
    const found = counterexample((drawn) => {
      const [actual, expected] = [loginOf(drawn), naiveLogin(drawn)];
      if (actual !== undefined) matchCount++;
      if (actual !== undefined && actual.rule !== 'rule0') laterCount++;
      if (actual?.rights.some((right) => !right.startsWith('team/')) === true) boundCount++;
      return JSON.stringify(actual) === JSON.stringify(expected) ? undefined : { actual, expected };
    });
    expect(found).toBeUndefined();
    // Check that the cases were varied enough.
    expect(matchCount).toBeGreaterThan(cases / 20);
    expect(matchCount).toBeLessThan(cases / 1.2);
    expect(laterCount).toBeGreaterThan(cases / 100);
    expect(boundCount).toBeGreaterThan(cases / 100);
  });

  test('are explained as they are decided: the first rule that is said to match decides', () => {
    const found = counterexample((drawn) => {
      const results = explainRules(drawn.rules, drawn);
      const first = results.find(({ kind }) => kind === 'match')?.rule;
      return first === findRule(drawn.rules, drawn)?.name ? undefined : { results };
    });
    expect(found).toBeUndefined();
  });

  test('are never decided by a rule that is said to be hidden', () => {
    let hiddenCount = 0;
    const found = counterexample((drawn) => {
      const hidden = drawn.rules.filter((rule) => findHidingRule(rule, drawn.rules) !== undefined);
      hiddenCount += hidden.length;
      const rule = findRule(drawn.rules, drawn);
      return rule !== undefined && hidden.includes(rule) ? { rule } : undefined;
    });
    expect(found).toBeUndefined();
    expect(hiddenCount).toBeGreaterThan(cases / 100);
  });

  test('never give a right outside the literal parts of a pattern, whatever a claim contains', () => {
    const found = counterexample((drawn) => {
      const rule = findRule(drawn.rules, drawn);
      if (rule === undefined) return undefined;
      const shapes = rule.only.map(({ pattern }) => pattern.replaceAll(/\$\{.*?\}/g, 'x').split('/').length);
      const stars = rule.only.map(({ pattern }) => pattern.split('*').length);
      return rightsOf(rule, drawn.claims).every(
        ({ pattern: { text } }) =>
          shapes.includes(text.split('/').length) &&
          stars.includes(text.split('*').length) &&
          !text.includes('..'),
      )
        ? undefined
        : { rule };
    });
    expect(found).toBeUndefined();
  });
});
