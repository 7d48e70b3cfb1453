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

/** The way in for passwords as it is composed, without the throttle. */
function loginDesk(remember: number, ...people: Account[]) {
  const users = new Map(people.map((user) => [user.name, user]));
  const hasher = countingHasher();
  const clock = fakeClock();
  const remembered = createCachedCredentials(remember, clock);
  const check = createPasswordCheck(hasher, remembered);
  const open: Pick<Throttle, 'attempt' | 'trusts'> = { attempt: (_guess, ask) => ask(), trusts: () => true };
  const find = async (name: string) => users.get(name);
  const known = createLocalUserAuthenticator(find, createCachedCheck(remembered));
  const authenticator = createPasswordAuthenticator(
    open,
    [createLocalUserAuthenticator(find, check)],
    [known],
    check,
    async () => null,
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
    ['unknown', 'nobody', 'x'],
    ['wrong', 'alice', 'x'],
    ['disabled, right password', 'frozen', 'frozen-secret'],
    ['disabled, wrong password', 'frozen', 'x'],
    ['without a password', 'keyless', 'x'],
  ])('%s costs exactly one hash, like a right one', async (_what, name, password) => {
    const { login, hasher } = loginDesk(
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

  test('is remembered for a while, and costs no hash then', async () => {
    const { login, hasher, clock } = loginDesk(60, someUser('alice'));
    await login('alice', 'alice-secret');
    clock.advance(59);
    expect(await login('ALICE', 'alice-secret')).toBe('right');
    expect(hasher.verified).toBe(1);
    clock.advance(1);
    expect(await login('alice', 'alice-secret')).toBe('right');
    expect(hasher.verified).toBe(2);
  });

  test('a remembered password lets no other one in', async () => {
    const { login, hasher } = loginDesk(60, someUser('alice'), someUser('bob'));
    await login('alice', 'alice-secret');
    expect(await login('alice', 'alice-secreT')).toBe('wrong');
    expect(await login('bob', 'alice-secret')).toBe('wrong');
    expect(hasher.verified).toBe(3);
    // A guess does not make us forget.
    await login('alice', 'alice-secret');
    expect(hasher.verified).toBe(3);
  });

  test('a new password, disabling and removal forget at once', async () => {
    const { login, users } = loginDesk(60, someUser('alice'));
    await login('alice', 'alice-secret');
    users.set('alice', someUser('alice', { passwordHash: 'plain:other' }));
    expect(await login('alice', 'alice-secret')).toBe('wrong');
    users.set('alice', someUser('alice', { disabled: true }));
    expect(await login('alice', 'alice-secret')).toBe('wrong');
    users.delete('alice');
    expect(await login('alice', 'alice-secret')).toBe('wrong');
  });

  test('nothing is remembered where remember is 0', async () => {
    const { login, hasher } = loginDesk(0, someUser('alice'));
    await login('alice', 'alice-secret');
    await login('alice', 'alice-secret');
    expect(hasher.verified).toBe(2);
  });
});
