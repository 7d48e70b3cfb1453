import { describe, expect, test } from 'vitest';
import { createAccessTokenAuthenticator } from '../../../src/identity/token/access-token.ts';
import { authenticate } from '../../../src/identity/authenticate.ts';
import type { Authenticator } from '../../../src/identity/authenticator.ts';
import { createPasswordCheck, createCachedCheck } from '../../../src/identity/password/check-password.ts';
import { createHtpasswdAuthenticator } from '../../../src/identity/password/htpasswd-users.ts';
import { accountSubject } from '../../../src/identity/account.ts';
import { createLocalUserAuthenticator } from '../../../src/identity/password/local-users.ts';
import { createPasswordHasher, type HashLibrary } from '../../../src/identity/password/password-hash.ts';
import { createPasswordAuthenticator } from '../../../src/identity/password/password-authenticator.ts';
import { createCachedCredentials } from '../../../src/identity/password/cached-credentials.ts';
import { createSecretToken } from '../../../src/identity/token/secret-token.ts';
import { Secret } from '../../../src/secret.ts';
import { createThrottle } from '../../../src/identity/throttle/throttle.ts';
import { parseHost } from '../../../src/net/host.ts';
import { resolveRealm } from '../../../src/realm/resolve-realm.ts';
import { fakeClock } from '../../support/dockpass/issuer.ts';
import { quickIssuer, someUser } from '../../support/dockpass/issuer-parts.ts';

const bcrypt = (cost: number): string => `$2y$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`;
const argon2 = '$argon2id$something';

const realmOf = (host: string) => resolveRealm(parseHost(host), quickIssuer().realms);

/**
 * Creates a hash library that records each verification. After `hold`, verifications wait until `release`. The password
 * `right` matches every hash except the dummy hashes, which are verified if a user does not exist.
 */
function slowLibrary() {
  const asked: string[] = [];
  let release: () => void = () => undefined;
  let held: Promise<void> = Promise.resolve();
  const verify = (kind: string) => async (passwordHash: string, password: string) => {
    asked.push(kind === 'bcrypt' ? passwordHash.slice(0, 7).replace('$2b', '$2y') : kind);
    await held;
    return password === 'right' && (passwordHash === argon2 || passwordHash.includes('aaaa'));
  };
  const library: HashLibrary = {
    hashArgon2: async () => argon2,
    verifyArgon2: verify('argon2'),
    verifyBcrypt: verify('bcrypt'),
  };
  return {
    library,
    asked,
    hold: () => void (held = new Promise<void>((resolve) => (release = resolve))),
    release: () => release(),
  };
}

/** Creates the login chain in its real order: access tokens, users of the store, then users of an htpasswd file. */
function setUp() {
  const clock = fakeClock();
  const slow = slowLibrary();
  const hasher = createPasswordHasher(slow.library);
  const remembered = createCachedCredentials(60, clock);
  const check = createPasswordCheck(hasher, remembered);
  const known = createCachedCheck(remembered);
  const users = new Map(
    [
      someUser('local', { passwordHash: argon2 }),
      someUser('frozen', { passwordHash: argon2, disabled: true }),
      someUser('keyless', { passwordHash: null }),
      someUser('imported', { passwordHash: bcrypt(10) }),
    ].map((user) => [user.name, user]),
  );
  const hashes = new Map(['file', 'blocked'].map((name) => [name, bcrypt(10)]));
  const isBlocked = async (name: string) => name === 'blocked';
  for (const hash of hashes.values()) hasher.registerHashInUse(hash);
  const file = { current: async () => ({ hashes, unusable: [] }) };
  const { text, token } = createSecretToken('dpp_', 20);
  const findUser = async (name: string) => users.get(name);
  const owner = accountSubject(someUser('local'));
  const chain: Authenticator[] = [
    createAccessTokenAuthenticator({
      find: async (hash) =>
        hash === token.hash
          ? { name: 'laptop', user: 'local', createdAt: 0, expiresAt: null, only: undefined, owner }
          : undefined,
      lastUses: { record: () => undefined },
      clock,
    }),
    createPasswordAuthenticator(
      createThrottle(clock),
      [
        createLocalUserAuthenticator(findUser, check),
        createHtpasswdAuthenticator(file, 'writer', check, isBlocked),
      ],
      [
        createLocalUserAuthenticator(findUser, known),
        createHtpasswdAuthenticator(file, 'writer', known, isBlocked),
      ],
      check,
      async () => ({ unlockedAt: null, accountExists: true }),
      hasher.requireRoom,
    ),
  ];
  const login = (name: string, password: string, address = '192.0.2.1') =>
    authenticate(
      { kind: 'password', name, password: new Secret(password) },
      { address },
      realmOf('registry.example.com'),
      { authenticators: chain, sessions: quickIssuer().sessions },
    );
  return { login, slow, token: text.reveal() };
}

describe('the login chain', () => {
  test.each([
    ['unknown user', 'nobody-here', 'wrong'],
    ['local user, wrong password', 'local', 'wrong'],
    ['disabled user, right password', 'frozen', 'right'],
    ['user without a password', 'keyless', 'wrong'],
    ['imported user, wrong password', 'imported', 'wrong'],
    ['user of the file, wrong password', 'file', 'wrong'],
    ['disabled user of the file, right password', 'blocked', 'right'],
  ])('49: every denied login costs the same hashes: %s', async (_what, name, password) => {
    const { login, slow } = setUp();
    await expect(login(name, password)).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(slow.asked.sort()).toEqual(['$2y$10$', 'argon2']);
  });

  test('an empty password gets one answer for every name, costs no hash and never locks a user out', async () => {
    const { login, slow } = setUp();
    const messages = new Set<unknown>();
    for (let attempt = 0; attempt < 30; attempt++)
      for (const name of ['local', 'frozen', 'file', 'nobody-here'])
        messages.add(await login(name, '').catch((error: Error) => error.message));
    expect([...messages]).toEqual([
      expect.stringMatching(/without a password.*identity token.*dockpass token create/),
    ]);
    const watchtower = '"local","identitytoken":"dpi_x","serveraddress":"registry.example.com"}';
    messages.add(await login('{"username"', watchtower).catch((error: Error) => error.message));
    expect(messages.size).toBe(1);
    expect(slow.asked).toEqual([]);
    expect(await login('local', 'right')).toMatchObject({ name: 'local' });
  });

  test.each([
    ['dpp_', 'access token'],
    ['dpr_', 'robot'],
    ['dpi_', 'identity token'],
  ])(
    'the answer to a wrong text with the prefix %s says that the prefix is reserved, for every name',
    async (prefix, kind) => {
      const { login } = setUp();
      const messages = new Set<unknown>();
      for (const name of ['local', 'frozen', 'nobody-here'])
        messages.add(await login(name, `${prefix}my old password`).catch((error: Error) => error.message));
      const [message, ...others] = messages;
      expect(others).toEqual([]);
      expect(message).toContain(`The prefix ${prefix} is reserved for`);
      expect(message).toContain(kind);
      expect(message).not.toContain('my old password');
    },
  );

  test.each(['local', 'file', 'imported'])('a repeated login costs no hash: %s', async (name) => {
    const { login, slow } = setUp();
    await login(name, 'right');
    const before = slow.asked.length;
    expect(await login(name, 'right')).toMatchObject({ name });
    expect(slow.asked.length).toBe(before);
  });

  test('failed attempts for a user with cached credentials count, and lead to a lockout as usual', async () => {
    const { login } = setUp();
    await login('local', 'right');
    const answers: unknown[] = [];
    for (let guess = 0; guess < 12; guess++)
      answers.push(await login('local', `guess ${guess}`).catch((error: { code: string }) => error.code));
    expect(answers.slice(0, 10)).toEqual(Array(10).fill('wrong_credentials'));
    expect(answers.at(-1)).toBe('too_many_attempts');
    // During the lockout, the right password from this address is rejected too, although it is cached.
    await expect(login('local', 'right')).rejects.toMatchObject({ code: 'too_many_attempts' });
  });

  test('a thousand attempts at once cannot use the cache to bypass the rate limit', async () => {
    const { login, slow } = setUp();
    await login('local', 'right');
    const guesses = Array.from({ length: 1000 }, (_, at) => `guess ${at}`);
    const answers = await Promise.allSettled([...guesses, 'right'].map((guess) => login('local', guess)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(slow.asked.filter((kind) => kind === 'argon2').length).toBeLessThanOrEqual(11);
  });

  test.each(['local', 'file', 'imported'])('a successful login costs one hash: %s', async (name) => {
    const { login, slow } = setUp();
    expect(await login(name, 'right')).toMatchObject({ name });
    expect(slow.asked).toHaveLength(1);
  });

  test('a login with an access token costs no hash, and the subject says that it used an access token', async () => {
    const { login, slow, token } = setUp();
    expect(await login('local', token)).toMatchObject({ name: 'local', through: 'access token' });
    expect(slow.asked).toEqual([]);
  });

  test('500 logins at once with the same password cost one hash', async () => {
    const { login, slow } = setUp();
    slow.hold();
    const fleet = Array.from({ length: 500 }, () => login('local', 'right'));
    slow.release();
    expect(await Promise.all(fleet)).toHaveLength(500);
    expect(slow.asked).toHaveLength(1);
  });
});

describe('a flood of passwords', () => {
  test.each(['from 40 addresses', 'from one address'])(
    '40 users who log in at once after a restart %s are all checked',
    async (from) => {
      const { login, slow } = setUp();
      slow.hold();
      const team = Promise.allSettled(
        Array.from({ length: 40 }, (_, at) =>
          login(`user${at}`, 'guess', from === 'from one address' ? '192.0.2.1' : `192.0.2.${at}`),
        ),
      );
      await expect.poll(() => slow.asked.length).toBe(2);
      slow.release();
      for (const result of await team)
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'wrong_credentials' } });
    },
  );

  test('two hashes run, and 5 seconds of them wait; further logins get 503, but access tokens still work', async () => {
    const { login, slow, token } = setUp();
    slow.hold();
    const flood = Promise.allSettled(
      Array.from({ length: 1000 }, (_, at) =>
        login(`user${at}`, `guess ${at}`, `2001:db8:${at % 10}:${at.toString(16)}::1`),
      ),
    );
    await expect.poll(() => slow.asked.length).toBe(2);
    // The queue for hashes is full, but a login that needs no hash still succeeds.
    expect(await login('local', token)).toMatchObject({ name: 'local' });
    expect(slow.asked).toHaveLength(2);
    slow.release();
    const codes = (await flood).map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string; retryAfter?: number }) : undefined,
    );
    // A hash is assumed to take 25 ms, and two run at once.
    const checkedCount = codes.filter((reason) => reason?.code === 'wrong_credentials').length;
    expect(checkedCount).toBeGreaterThan(390);
    expect(checkedCount).toBeLessThanOrEqual(402);
    const busy = codes.filter((reason) => reason?.code === 'busy');
    expect(busy).toHaveLength(1000 - checkedCount);
    expect(busy[0]).toMatchObject({ retryAfter: 2 });
  });

  test('from one IPv6 /48 starves no first login from another network', async () => {
    const { login, slow } = setUp();
    slow.hold();
    const flood = Promise.allSettled(
      Array.from({ length: 500 }, (_, at) =>
        login(`user${at}`, `guess ${at}`, `2001:db8:1:${at.toString(16)}::1`),
      ),
    );
    await expect.poll(() => slow.asked.length).toBe(2);
    const strangers = Promise.all(
      Array.from({ length: 100 }, (_, at) => login('local', 'right', `192.0.2.${at}`)),
    );
    slow.release();
    expect(await strangers).toHaveLength(100);
    await flood;
  });

  test('does not reveal which users exist, except at an address where the user logged in before', async () => {
    const { login, slow } = setUp();
    await login('local', 'right', '192.0.2.1');
    // Send so many wrong passwords from one address that this address is rate-limited.
    for (let guess = 0; guess < 60; guess++)
      await login(`user${guess}`, `guess ${guess}`, '192.0.2.9').catch(() => undefined);
    // One attempt of each network is checked even during a flood. So this network makes its attempt before the flood.
    await login('user1', 'guess', '192.0.2.4').catch(() => undefined);
    await expect(login('user99', 'guess', '192.0.2.9')).rejects.toMatchObject({ code: 'too_many_attempts' });
    slow.asked.length = 0;
    slow.hold();
    const flood = Promise.allSettled(
      Array.from({ length: 1300 }, (_, at) =>
        login(`user${at}`, `guess ${at}`, `198.51.${at >> 8}.${at & 255}`),
      ),
    );
    await expect.poll(() => slow.asked.length).toBe(2);
    for (const address of ['192.0.2.9', '192.0.2.4'])
      for (const name of ['local', 'file', 'nobody'])
        for (const password of ['right', 'wrong'])
          await expect(login(name, password, address)).rejects.toMatchObject({ code: 'busy', retryAfter: 2 });
    expect(await login('local', 'right', '192.0.2.1')).toMatchObject({ name: 'local' });
    slow.release();
    await flood;
  });
});

describe('the order of authenticators', () => {
  test('an authenticator that fails leads to 503, and no later one is asked', async () => {
    let asked = 0;
    const chain: Authenticator[] = [
      async () => ({ verdict: 'not mine' }),
      () => Promise.reject(new Error('the directory is down')),
      async () => {
        asked++;
        return { verdict: 'right', subject: accountSubject(someUser('alice')) };
      },
    ];
    const asking = authenticate(
      { kind: 'password', name: 'alice', password: new Secret('x') },
      { address: '192.0.2.1' },
      realmOf('registry.example.com'),
      { authenticators: chain, sessions: quickIssuer().sessions },
    );
    await expect(asking).rejects.toMatchObject({ code: 'unavailable', retryAfter: 5 });
    expect(asked).toBe(0);
  });

  test('a login that no authenticator accepts is rejected, and no authenticator is asked after "wrong"', async () => {
    const never: Authenticator = () => Promise.reject(new Error('this authenticator must not be asked'));
    const chains: Authenticator[][] = [
      [],
      [async () => ({ verdict: 'not mine' })],
      [async () => ({ verdict: 'wrong' }), never],
    ];
    for (const chain of chains) {
      const asking = authenticate(
        { kind: 'password', name: 'alice', password: new Secret('x') },
        { address: '192.0.2.1' },
        realmOf('open.example.com'),
        { authenticators: chain, sessions: quickIssuer().sessions },
      );
      await expect(asking).rejects.toMatchObject({ code: 'wrong_credentials' });
    }
  });
});
