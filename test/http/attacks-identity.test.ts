import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSecretToken } from '../../src/identity/token/secret-token.ts';
import { openStore } from '../../src/store/open-store.ts';
import { afterwards } from '../support/run/afterwards.ts';
import {
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  startOfTime,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
  await issuer.addUser('frozen', password);
  await issuer.server.store.users.update('frozen', { disabled: true, changedAt: 0 });
});

describe('attack matrix, identity', () => {
  test('46: Admin and admin are the same user', async () => {
    expect((await issuer.get(privateHost).auth('ALICE', password)).status).toBe(200);
  });

  test.each([
    "' OR 1=1--",
    "alice'--",
    'alice" --',
    '*',
    '%',
    'alic_',
    '../alice',
    'alıce',
    'alice ',
    ' alice',
  ])('47, 48: the name %j is looked up literally', async (name) => {
    const answer = await issuer.get(privateHost).auth(name, password);
    expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
  });

  test.each([
    ['an empty password', '', /without a password.*identity token.*"dockpass token create".*docker login/],
    ['a text with a reserved prefix', 'dpp_not a token', /The prefix dpp_ is reserved for access tokens/],
  ])(
    '%s gets the same helpful answer for every name, however often it is sent',
    async (_what, secret, message) => {
      const texts = new Set<string>();
      for (let round = 0; round < 12; round++)
        for (const name of ['alice', 'frozen', 'nobody-here']) {
          const answer = await issuer.get(privateHost).auth(name, secret);
          expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
          texts.add(answer.text);
        }
      expect(texts.size).toBe(1);
      expect([...texts][0]?.replaceAll('\\"', '"')).toMatch(message);
      expect((await issuer.get(privateHost).auth('alice', password)).status).toBe(200);
    },
  );

  test.each([publicHost, privateHost])(
    '49: answers an unknown user, a wrong password and a disabled user with the same bytes at %s',
    async (host) => {
      const answers = await Promise.all([
        issuer.get(host).auth('nobody-here', password),
        issuer.get(host).auth('alice', 'wrong horse battery'),
        issuer.get(host).auth('frozen', password),
        issuer.get(host).auth('frozen', 'wrong horse battery'),
      ]);
      const shown = answers.map(({ status, headers, text }) => {
        const { date: _date, ...others } = headers as Record<string, string>;
        return { status, headers: others, text };
      });
      expect(shown[0]).toMatchObject({ status: 401 });
      expect(new Set(shown.map((answer) => JSON.stringify(answer))).size).toBe(1);
    },
  );

  test('answers wrong credentials with 401 under a public domain too', async () => {
    const answer = await issuer
      .get(publicHost, 'scope=repository:a:pull')
      .auth('alice', 'wrong horse battery');
    expect(answer.status).toBe(401);
    expect(answer.body).not.toHaveProperty('token');
  });
});

describe('attack matrix, failed login attempts', () => {
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const tryPassword = (tried: string, address: string, name = 'alice', to = issuer) =>
    to.get(privateHost).set(from(address)).auth(name, tried);

  test('50: rate-limits almost all of 1,000 wrong passwords, while the access token of the user works', async () => {
    const fresh = await startIssuer();
    await fresh.addUser('alice', password);
    const token = await fresh.addAccessToken('alice');
    const victim = (secret: string, address = '203.0.113.7') => tryPassword(secret, address, 'alice', fresh);
    expect((await victim(password)).status).toBe(200);
    const statuses = new Map<number, number>();
    for (let at = 0; at < 1000; at++) {
      const { status } = await tryPassword(`guess ${at}`, `198.51.100.${at % 4}`, 'alice', fresh);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // The token works even from an address of the attacker, because only passwords are rate-limited.
      if (at % 100 === 0) {
        expect((await victim(token, '198.51.100.1')).status).toBe(200);
        // The password still works at the address from which the user logged in before.
        expect((await victim(password)).status).toBe(200);
      }
    }
    expect(Object.fromEntries(statuses)).toEqual({ 401: 20, 429: 980 });
  });

  test('50: four addresses that exhaust the limit of a user do not lock the user out of a new address', async () => {
    const fresh = await startIssuer();
    await fresh.addUser('alice', password);
    const attack = async (round: number): Promise<number> => {
      let limited = 0;
      for (let at = 0; at < 40; at++)
        if (
          (await tryPassword(`guess ${round} ${at}`, `198.51.100.${at % 4}`, 'alice', fresh)).status === 429
        )
          limited++;
      return limited;
    };
    for (let round = 0; round < 5; round++) {
      expect(await attack(round)).toBeGreaterThanOrEqual(20);
      expect((await tryPassword(password, `203.0.113.${round}`, 'alice', fresh)).status).toBe(200);
      fresh.clock.advance(300);
    }
  });

  test('50: each endpoint answers how long to wait', async () => {
    const address = '192.0.2.50';
    for (let at = 0; at < 10; at++) await tryPassword(`guess ${at}`, address);
    const get = await tryPassword('another', address);
    expect([get.status, refusalIn(get), get.headers['retry-after']]).toEqual([429, 'too_many_attempts', '1']);
    expect(get.body).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
    const form = 'grant_type=password&username=alice&password=another';
    const post = await issuer.post(privateHost, form).set(from(address));
    expect([post.status, post.headers['retry-after']]).toEqual([429, '1']);
    const forward = await request(issuer.url)
      .get('/auth/forward')
      .set({ Host: privateHost, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/v2/', ...from(address) })
      .auth('alice', 'another');
    // The edge gets 403 instead of 429, because nginx turns every error status except 401 and 403 into 500.
    expect([forward.status, forward.headers['retry-after']]).toEqual([403, '1']);
    expect((await tryPassword(password, address)).status).toBe(429);
    issuer.clock.advance(1);
    expect((await tryPassword(password, address)).status).toBe(200);
  });

  test('50: the running server applies user unlock', async () => {
    const address = '192.0.2.51';
    for (let at = 0; at < 11; at++) await tryPassword(`guess ${at}`, address);
    expect((await tryPassword(password, address)).status).toBe(429);
    const cli = await openStore(issuer.config.database);
    afterwards(() => cli.close());
    const unlockedAt = Math.floor(issuer.clock() / 1000);
    await cli.users.update('alice', { unlockedAt, changedAt: 0 });
    expect((await tryPassword(password, address)).status).toBe(200);
  });

  test('51: rate-limits 10,000 user names from one address', async () => {
    const statuses = new Set<number>();
    for (let at = 0; at < 10_000 && !statuses.has(429); at++)
      statuses.add((await tryPassword('x', '192.0.2.60', `user${at}`)).status);
    expect([...statuses]).toEqual([401, 429]);
    expect((await tryPassword('x', '192.0.2.60', 'user-9999')).status).toBe(429);
  });

  test('52: rejects a password of 1 MiB before it is hashed', async () => {
    const form = `grant_type=password&username=alice&password=${'x'.repeat(1024 * 1024)}`;
    expect((await issuer.post(privateHost, form)).status).toBe(413);
  });
});

describe('attack matrix, tokens and robots', () => {
  const at = Math.floor(startOfTime / 1000);

  test('53: answers truncated, expired and revoked access tokens alike', async () => {
    const good = await issuer.addAccessToken('alice', { name: 'good' });
    const expired = await issuer.addAccessToken('alice', { name: 'expired', expiresAt: at - 1 });
    const revoked = await issuer.addAccessToken('alice', { name: 'revoked' });
    await issuer.server.store.accessTokens.remove('alice', 'revoked');
    expect((await issuer.get(privateHost).auth('alice', good)).status).toBe(200);
    const bodies = new Set<string>();
    for (const text of [good.slice(0, -1), good.slice(0, 20), expired, revoked]) {
      const answer = await issuer.get(privateHost).auth('alice', text);
      expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
      bodies.add(answer.text.replace(/ \(refusal \w+\)/, ''));
    }
    expect(bodies.size).toBe(1);
  });

  test('55: rejects an expired robot', async () => {
    const { text, token } = createSecretToken('dpr_', 20);
    await issuer.server.store.robots.add(
      {
        name: 'old-robot',
        only: [{ pattern: '**', actions: ['pull'] }],
        disabled: false,
        createdAt: 0,
        expiresAt: at - 1,
        lastUse: null,
      },
      { hash: token.hash, robot: 'old-robot', createdAt: 0, expiresAt: null },
    );
    const answer = await issuer.get(privateHost).auth('old-robot', text.reveal());
    expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
  });
});
