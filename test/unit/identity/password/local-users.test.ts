import { describe, expect, test } from 'vitest';
import type { Account } from '../../../../src/identity/account.ts';
import { createPasswordCheck, createCachedCheck } from '../../../../src/identity/password/check-password.ts';
import { createLocalUserAuthenticator } from '../../../../src/identity/password/local-users.ts';
import { createPasswordAuthenticator } from '../../../../src/identity/password/password-authenticator.ts';
import { createCachedCredentials } from '../../../../src/identity/password/cached-credentials.ts';
import { Secret } from '../../../../src/secret.ts';
import type { Throttle } from '../../../../src/identity/throttle/throttle.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';
import { countingHasher, someUser } from '../../../support/dockpass/issuer-parts.ts';

/** Creates the login with passwords as the server does, but without the throttle. */
function passwordLogin(remember: number, ...accounts: Account[]) {
  const users = new Map(accounts.map((user) => [user.name, user]));
  const hasher = countingHasher();
  const clock = fakeClock();
  const remembered = createCachedCredentials(remember, clock);
  const check = createPasswordCheck(hasher, remembered);
  const noThrottle: Pick<Throttle, 'attempt' | 'trusts'> = {
    attempt: (_attempt, check) => check(),
    trusts: () => true,
  };
  const find = async (name: string) => users.get(name);
  const known = createLocalUserAuthenticator(find, createCachedCheck(remembered));
  const authenticator = createPasswordAuthenticator(
    noThrottle,
    [createLocalUserAuthenticator(find, check)],
    [known],
    check,
    async () => ({ unlockedAt: null, accountExists: true }),
    hasher.requireRoom,
  );
  const login = async (name: string, password: string): Promise<string> =>
    (
      await authenticator(
        { kind: 'password', name, password: new Secret(password) },
        { address: '192.0.2.1' },
      )
    ).verdict;
  return { login, users, hasher, clock };
}

describe('a login', () => {
  test.each([
    ['unknown user', 'nobody', 'x'],
    ['wrong password', 'alice', 'x'],
    ['disabled user, right password', 'frozen', 'frozen-secret'],
    ['disabled user, wrong password', 'frozen', 'x'],
    ['user without a password', 'keyless', 'x'],
  ])('costs exactly one hash, like a successful one: %s', async (_what, name, password) => {
    const { login, hasher } = passwordLogin(
      60,
      someUser('alice'),
      someUser('frozen', { disabled: true }),
      someUser('keyless', { passwordHash: null }),
    );
    expect(await login(name, password)).toBe('wrong');
    expect(hasher.verified).toBe(1);
    expect(await login('alice', 'alice-secret')).toBe('right');
    expect(hasher.verified).toBe(2);
  });

  test('costs no hash while the credentials are cached', async () => {
    const { login, hasher, clock } = passwordLogin(60, someUser('alice'));
    await login('alice', 'alice-secret');
    clock.advance(59);
    expect(await login('ALICE', 'alice-secret')).toBe('right');
    expect(hasher.verified).toBe(1);
    clock.advance(1);
    expect(await login('alice', 'alice-secret')).toBe('right');
    expect(hasher.verified).toBe(2);
  });

  test('cached credentials accept no other password and no other user', async () => {
    const { login, hasher } = passwordLogin(60, someUser('alice'), someUser('bob'));
    await login('alice', 'alice-secret');
    expect(await login('alice', 'alice-secreT')).toBe('wrong');
    expect(await login('bob', 'alice-secret')).toBe('wrong');
    expect(hasher.verified).toBe(3);
    // A wrong password does not remove the cached credentials.
    await login('alice', 'alice-secret');
    expect(hasher.verified).toBe(3);
  });

  test('cached credentials end at once if the user gets a new password, is disabled or is removed', async () => {
    const { login, users } = passwordLogin(60, someUser('alice'));
    await login('alice', 'alice-secret');
    users.set('alice', someUser('alice', { passwordHash: 'plain:other' }));
    expect(await login('alice', 'alice-secret')).toBe('wrong');
    users.set('alice', someUser('alice', { disabled: true }));
    expect(await login('alice', 'alice-secret')).toBe('wrong');
    users.delete('alice');
    expect(await login('alice', 'alice-secret')).toBe('wrong');
  });

  test('no credentials are cached if passwords.remember is 0', async () => {
    const { login, hasher } = passwordLogin(0, someUser('alice'));
    await login('alice', 'alice-secret');
    await login('alice', 'alice-secret');
    expect(hasher.verified).toBe(2);
  });
});
