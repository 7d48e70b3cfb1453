import { decodeJwt } from 'jose';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeyRing } from '../../../src/keys/key-ring.ts';
import type { Grant } from '../../../src/policy/decide.ts';
import { anonymous, type Subject } from '../../../src/policy/subject.ts';
import { accessOf, claimsFor, lifetimeOf } from '../../../src/token/claims.ts';
import { createSigner } from '../../../src/token/sign.ts';
import type { SignedToken } from '../../../src/token/signed-token.ts';
import { outcomeOfAsync } from '../../support/fuzz/outcome.ts';

const settings = { issuer: 'dockpass', service: 'registry', pullLifetime: 300, pushLifetime: 3600 };

const user = { admin: false, groups: [], rights: [], only: undefined, through: 'password' };
const subject = fc.constantFrom<Subject>(
  anonymous,
  { kind: 'user', name: 'alice', ...user },
  { kind: 'user', name: 'ci', ...user },
  { kind: 'robot', name: 'ci', rights: [] },
);
const grant = fc
  .record({
    type: fc.constantFrom('repository', 'registry'),
    name: fc.constantFrom('a', 'a/b', 'localhost:5000/a', 'catalog'),
    actions: fc.subarray(['pull', 'push', '*'] as const),
  })
  .map(({ type, name, actions }): Grant => ({
    scope: { type, name, class: undefined, actions: [...actions] },
    actions: [...actions],
    reason: 'role',
    deciders: [],
  }));
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ subject, grants: fc.array(grant, { maxLength: 2 }), times: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.constantFrom('next millisecond', 'next second', 'key fails', 'key works') },
);

test('a token that requests share has the claims of a token of its own, and errors are the same', async () => {
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      let now = Date.parse('2026-03-01T12:00:00Z');
      let works = true;
      const key = { sign: async (payload: string) => `e30.${payload}.c2ln` };
      const keys = {
        current: () => {
          if (!works) throw new Error('no key may sign');
          return key;
        },
      } as unknown as KeyRing;
      const clock = (): number => now;
      const sign = createSigner(keys, settings, clock);
      const claimsOfId = new Map<string, unknown>();

      for (const each of steps) {
        if (each === 'next millisecond') now++;
        else if (each === 'next second') now += 1000;
        else if (each === 'key fails') works = false;
        else if (each === 'key works') works = true;
        else {
          const { subject, grants, times } = each;
          const actual = await Promise.all(
            Array.from({ length: times }, () => outcomeOfAsync(() => sign(subject, grants))),
          );
          // A signer that has seen no other request shares nothing.
          const plain = createSigner(keys, settings, clock);
          const expected = await outcomeOfAsync(() => plain(subject, grants));
          for (const outcome of actual) {
            if (!('returned' in outcome)) {
              expect(outcome).toStrictEqual(expected);
              continue;
            }
            const token = outcome.returned as SignedToken;
            const access = accessOf(grants);
            expect(decodeJwt(token.jwt)).toStrictEqual(
              claimsFor(subject, access, settings, Math.floor(now / 1000), token.id),
            );
            expect(token.expiresIn).toBe(lifetimeOf(access, settings));
            expect(Date.parse(token.issuedAt)).toBe(now - (now % 1000));
            const claims = claimsOfId.get(token.id);
            // If the key fails, only a token that was signed before, within the same second, is still shared.
            if ('thrown' in expected) expect(claims).toBeDefined();
            if (claims !== undefined) {
              shared++;
              expect([token.isShared, claims]).toStrictEqual([true, decodeJwt(token.jwt)]);
            }
            claimsOfId.set(token.id, decodeJwt(token.jwt));
          }
        }
      }
    }),
    { numRuns: 500 },
  );
  // Check that the requests were similar enough to share tokens.
  expect(shared).toBeGreaterThan(100);
});
