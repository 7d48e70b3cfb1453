import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCachedCredentials } from '../../../../src/identity/password/cached-credentials.ts';
import { createCachedCheck, createPasswordCheck } from '../../../../src/identity/password/check-password.ts';
import { DockpassError } from '../../../../src/errors.ts';
import { Secret } from '../../../../src/secret.ts';
import { countingHasher } from '../../../support/dockpass/issuer-parts.ts';
import { outcomeOfAsync } from '../../../support/fuzz/outcome.ts';

const name = fc.constantFrom('alice', 'bob', 'nobody');
const password = fc.constantFrom('one', 'two', '');
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('login' as const), name, password, times: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('set' as const), name, password }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('disable' as const, 'enable' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(100) }) },
);

test('cached credentials give the answers of the hashes, errors included, whatever changes in between', async () => {
  let hashed = { cached: 0, plain: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let now = 0;
      const clock = (): number => now;
      const users = new Map([
        ['alice', { passwordHash: 'plain:one', disabled: false }],
        ['bob', { passwordHash: 'plain:two', disabled: false }],
      ]);
      const hasher = countingHasher();
      const plainHasher = countingHasher();
      const cache = createCachedCredentials(60, clock);
      const check = createPasswordCheck(hasher, cache);
      const cachedCheck = createCachedCheck(cache);
      const plain = createPasswordCheck(plainHasher, createCachedCredentials(0, clock));
      for (const each of steps) {
        if (each.kind === 'wait') {
          now += each.seconds * 1000;
          continue;
        }
        const user = users.get(each.name);
        if (each.kind !== 'login') {
          if (user === undefined) continue;
          if (each.kind === 'set') users.set(each.name, { ...user, passwordHash: `plain:${each.password}` });
          else users.set(each.name, { ...user, disabled: each.kind === 'disable' });
          continue;
        }
        const login = [each.name, new Secret(each.password), user, '192.0.2.1'] as const;
        const expected = await outcomeOfAsync(() => plain(...login));
        // The cache never accepts a password that the hash does not.
        if (await cachedCheck(...login)) expect(expected).toStrictEqual({ returned: true });
        const actual = await Promise.all(
          Array.from({ length: each.times }, () => outcomeOfAsync(() => check(...login))),
        );
        for (const outcome of actual) expect(outcome).toStrictEqual(expected);
      }
      hashed = {
        cached: hashed.cached + hasher.verified,
        plain: hashed.plain + plainHasher.verified,
      };
    }),
    { numRuns: 500 },
  );
  // Check that logins were repeated, so that the cache was used.
  expect(hashed.cached).toBeLessThan(hashed.plain);
});

test('a hash that could not be computed is an error for each login that waits for it, and is not cached', async () => {
  let isBusy = true;
  const hasher = {
    ...countingHasher(),
    verify: async () => {
      if (isBusy) throw new DockpassError('busy', 'too many logins wait');
      return true;
    },
  };
  const check = createPasswordCheck(
    hasher,
    createCachedCredentials(60, () => 0),
  );
  const user = { passwordHash: 'plain:one', disabled: false };
  const login = () => outcomeOfAsync(() => check('alice', new Secret('one'), user, '192.0.2.1'));
  expect(await Promise.all([login(), login()])).toMatchObject([
    { thrown: { code: 'busy' } },
    { thrown: { code: 'busy' } },
  ]);
  isBusy = false;
  expect(await login()).toStrictEqual({ returned: true });
});
