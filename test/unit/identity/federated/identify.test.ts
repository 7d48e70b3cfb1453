import { expect, test } from 'vitest';
import { createIdentify, type Identify } from '../../../../src/identity/federated/identify.ts';
import type { Verification } from '../../../../src/identity/federated/verification.ts';
import { Secret } from '../../../../src/secret.ts';
import type { TrustRule } from '../../../../src/trust/trust-rule.ts';
import { randomFrom } from '../../../support/policy/random-policies.ts';
import { drawTrustCase } from '../../../support/trust/draw-trust.ts';

const jwt = new Secret('eyJ.e30.');

function identifyWith(rules: () => readonly TrustRule[], verification: () => Verification): Identify {
  return createIdentify({
    rules: () => Promise.resolve(rules()),
    verifier: { verify: () => Promise.resolve(verification()) },
  });
}

test('a JWT is identified in the same way whether it was seen before or not, also after a change of the rules', async () => {
  const seed = Date.now() % 2 ** 31;
  let changed = 0;
  for (let number = 0; number < 2000; number++) {
    const { rules, claims, sources } = drawTrustCase(randomFrom(seed + number));
    const verification: Verification = { isValid: true, claims, sources, expiresAt: 1 };
    let current = rules;
    const identify = identifyWith(
      () => current,
      () => verification,
    );
    const results: string[] = [];
    for (const next of [rules, rules, rules.toReversed(), rules]) {
      current = next;
      const identification = JSON.stringify(await identify(jwt));
      const unseen = identifyWith(
        () => next,
        () => structuredClone(verification),
      );
      expect(identification, `seed ${seed}, case ${number}`).toBe(JSON.stringify(await unseen(jwt)));
      results.push(identification);
    }
    if (new Set(results).size > 1) changed++;
  }
  expect(changed).toBeGreaterThan(100);
});
