import request from 'supertest';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { createSecretToken, type TokenPrefix } from '../../src/identity/token/secret-token.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { RefreshToken } from '../../src/store/store.ts';
import {
  accessIn,
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  startOfTime,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
const pull = 'scope=repository:team/app:pull';
const day = 24 * 60 * 60;
let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
});

/** Logs in as docker does, and returns the refresh token. */
async function login(host = privateHost): Promise<string> {
  const answer = await issuer
    .get(host, 'account=alice&client_id=docker&offline_token=true')
    .auth('alice', password);
  const { refresh_token: token } = answer.body as { refresh_token?: string };
  if (token === undefined) throw new Error(`no refresh token: ${answer.status} ${answer.text}`);
  return token;
}

function use(token: string, host = privateHost, more = pull) {
  return issuer.post(host, `grant_type=refresh_token&refresh_token=${encodeURIComponent(token)}&${more}`);
}

/**
 * Expects that the refresh token is rejected with 401. The attack matrix says 400, but docker and BuildKit need 401:
 * docs/adr/0009-refused-refresh-token-is-401.md.
 */
async function expectEnded(token: string, host = privateHost): Promise<void> {
  const answer = await use(token, host);
  expect([answer.status, refusalIn(answer)]).toEqual([401, 'invalid_grant']);
  expect(answer.body).toMatchObject({
    error: 'invalid_grant',
    errors: [{ code: 'UNAUTHORIZED', message: expect.stringContaining(`docker login ${host}`) }],
  });
  expect(answer.body).not.toHaveProperty('access_token');
}

/** Runs a `dockpass` command, as another process would. */
async function cli(...args: string[]): Promise<void> {
  expect(await runCli(['node', 'dockpass', '--config', issuer.config.file ?? '', ...args])).toBe(0);
}

/** Stores a refresh token that no login would create, and returns its text. */
async function planted(change: Partial<RefreshToken>, prefix: TokenPrefix = 'dpi_'): Promise<string> {
  const { text, token } = createSecretToken(prefix, 32);
  const at = startOfTime / 1000;
  await issuer.server.store.refreshTokens.add({
    hash: token.hash,
    id: token.hash.slice(0, 12),
    user: 'alice',
    service: 'registry',
    host: privateHost,
    client: 'test',
    createdAt: at,
    expiresAt: at + 180 * day,
    lastUse: { at, from: '192.0.2.1' },
    ...change,
  });
  return text.reveal();
}

describe('attack matrix, refresh tokens', () => {
  test('15: scopes repeated and joined by spaces are one list (podman, docker)', async () => {
    const token = await login();
    const wanted = [
      { type: 'repository', name: 'a', actions: ['pull'] },
      { type: 'repository', name: 'b', actions: ['pull', 'push'] },
    ];
    const repeated = await use(token, privateHost, 'scope=repository:a:pull&scope=repository:b:push,pull');
    const joined = await use(token, privateHost, 'scope=repository:a:pull+repository:b:pull,push');
    expect(accessIn(repeated)).toEqual(wanted);
    expect(accessIn(joined)).toEqual(wanted);
  });

  test('36, 39: rejects a repeated refresh token and one in brackets', async () => {
    const token = await login();
    const twice = await use(token, privateHost, `refresh_token=${token}`);
    expect([twice.status, refusalIn(twice)]).toEqual([400, 'bad_request']);
    expect((await use(token, privateHost, 'refresh_token[]=x&__proto__=y')).status).toBe(200);
  });

  test('35: rejects Basic together with a refresh token', async () => {
    const answer = await use(await login()).auth('alice', password);
    expect([answer.status, refusalIn(answer)]).toEqual([400, 'bad_request']);
  });

  test('40: ignores a refresh token in the query and does not log it', async () => {
    const token = await login();
    const answer = await issuer.get(privateHost, `grant_type=refresh_token&refresh_token=${token}&${pull}`);
    expect([answer.status, refusalIn(answer)]).toEqual([401, 'login_required']);
    expect(issuer.logged.join('\n')).not.toContain(token);
  });

  test('56: rejects a refresh token of another service', async () => {
    const named = await use(await login(), privateHost, `service=other&${pull}`);
    expect([named.status, refusalIn(named)]).toEqual([400, 'wrong_service']);
    await expectEnded(await planted({ service: 'other' }));
  });

  test('56: rejects a refresh token that was issued under another host', async () => {
    const token = await login(privateHost);
    for (const host of ['other.example.com', publicHost, `${privateHost}:8443`])
      await expectEnded(token, host);
    for (const host of [privateHost.toUpperCase(), `${privateHost}.`, `${privateHost}:443`])
      expect((await use(token, host)).status).toBe(200);
  });

  test('a refresh token of a public domain allows pulls there and nothing under a private domain', async () => {
    const token = await login(publicHost);
    const answer = await use(token, publicHost, 'scope=repository:team/app:pull,push');
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'team/app', actions: ['pull'] }]);
    await expectEnded(token, privateHost);
  });

  test.each([
    ['password change', ['user', 'passwd', 'alice', '--generate']],
    ['disabling', ['user', 'disable', 'alice']],
    ['removal', ['user', 'remove', 'alice']],
    ['session revoke --user', ['session', 'revoke', '--user', 'Alice']],
    ['session revoke --all', ['session', 'revoke', '--all']],
  ])('57: is rejected with the next request after %s', async (_what, command) => {
    const token = await login();
    expect((await use(token)).status).toBe(200);
    await cli(...command);
    await expectEnded(token);
  });

  test('57: enabling a user again does not restore sessions', async () => {
    const token = await login();
    await cli('user', 'disable', 'alice');
    await cli('user', 'enable', 'alice');
    await expectEnded(token);
  });

  test('57: rejects a refresh token that a disabled user still has', async () => {
    const token = await login();
    await issuer.server.store.users.update('alice', { disabled: true, changedAt: 0 });
    await expectEnded(token);
  });

  test('58: rejects a registry token as refresh token', async () => {
    const { body } = await issuer.get(privateHost, pull).auth('alice', password);
    await expectEnded((body as { token: string }).token);
  });

  test('rejects damaged, foreign and invented refresh tokens', async () => {
    const token = await login();
    const other = token.endsWith('0') ? '1' : '0';
    await expectEnded(token.slice(0, -1));
    await expectEnded(token.slice(0, -1) + other);
    await expectEnded(`${token} `);
    await expectEnded(token.toUpperCase());
    await expectEnded(createSecretToken('dpi_', 32).text.reveal());
    await expectEnded(await planted({}, 'dpp_'));
    await expectEnded("' OR 1=1--");
  });

  test('59: accepts 50 parallel uses and does not rotate the token', async () => {
    const token = await login();
    const answers = await Promise.all(Array.from({ length: 50 }, () => use(token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const { body } of answers) expect(body).not.toHaveProperty('refresh_token');
    expect((await use(token)).status).toBe(200);
  });

  test.each(['by another process', 'over HTTP'])('60: issues no token after a revocation %s', async (how) => {
    for (let round = 0; round < 10; round++) {
      const token = await login();
      const during = Array.from({ length: 20 }, () => use(token));
      const racing = Promise.all(during);
      if (how === 'over HTTP') await revoke(token).expect(200);
      else {
        const other = await openStore(issuer.config.database);
        await other.refreshTokens.removeAllOf('alice');
        await other.close();
      }
      const after = await Promise.all(Array.from({ length: 20 }, () => use(token)));
      expect(after.map(({ status }) => status)).toEqual(after.map(() => 401));
      for (const { status } of await racing) expect([200, 401]).toContain(status);
    }
  });
});

function revoke(token: string) {
  return request(issuer.url)
    .post('/auth/revoke')
    .set('Host', privateHost)
    .type('form')
    .send(`token=${encodeURIComponent(token)}`);
}

test('rejects an unreadable revocation with an id that is in the audit log', async () => {
  const answer = await request(issuer.url).post('/auth/revoke').type('form').send('tok=x');
  const { errors } = answer.body as { errors: { detail: { id: string } }[] };
  const id = errors[0]?.detail.id ?? '';
  expect([answer.status, id]).toEqual([400, expect.stringMatching(/^[0-9a-z]{12}$/)]);
  await issuer.stop();
  const store = await openStore(issuer.config.database);
  expect(await store.auditLog.list({ id })).toMatchObject([{ outcome: 'refused', reason: 'bad_request' }]);
  await store.close();
});

describe('a refresh token', () => {
  test('lives longer than the idle time if it is used, up to the absolute lifetime', async () => {
    const token = await login();
    for (let days = 29; days < 180; days += 29) {
      issuer.clock.advance(29 * day);
      expect((await use(token)).status, `day ${days}`).toBe(200);
    }
    issuer.clock.advance(7 * day);
    await expectEnded(token);
  });

  test('expires after 30 days without use', async () => {
    const token = await login();
    issuer.clock.advance(30 * day - 1);
    expect((await use(token)).status).toBe(200);
    issuer.clock.advance(30 * day);
    await expectEnded(token);
  });

  test('survives a restart, with its last use', async () => {
    const token = await login();
    issuer.clock.advance(20 * day);
    expect((await use(token)).status).toBe(200);
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    const [session] = await store.refreshTokens.list('alice');
    await store.close();
    expect(session?.lastUse).toEqual({ at: startOfTime / 1000 + 20 * day, from: '127.0.0.1' });
    expect(session?.client).toBe('docker');
  });

  test('is deleted with a later login long after it has expired', async () => {
    await login();
    issuer.clock.advance(40 * day);
    await login();
    await expect.poll(async () => (await issuer.server.store.refreshTokens.list('alice')).length).toBe(1);
  });

  test('is never in the store, the log or the audit log', async () => {
    const token = await login();
    await use(token);
    await use(`${token}x`);
    await revoke(token);
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    const written = [...issuer.logged, JSON.stringify(await store.auditLog.list({}))].join('\n');
    await store.close();
    expect(written).not.toContain(token.slice(4, 30));
    expect(written).toMatch(/session [0-9a-f]{12} of alice revoked by the client that uses it/);
  });
});

describe('a refresh token is issued', () => {
  const asked = 'offline_token=true';
  const given = (answer: { body: unknown }): boolean => 'refresh_token' in (answer.body as object);

  test('only on request: to docker with GET, to OAuth2 clients with POST', async () => {
    const form = `grant_type=password&username=alice&password=${password}`;
    const get = (query: string) => issuer.get(privateHost, query).auth('alice', password);
    expect(given(await get(asked))).toBe(true);
    expect(given(await get(pull))).toBe(false);
    expect(given(await get('offline_token=false'))).toBe(false);
    expect(given(await get('access_type=offline'))).toBe(false);
    expect(given(await issuer.post(privateHost, form))).toBe(false);
    expect(given(await issuer.post(privateHost, `${form}&access_type=online`))).toBe(false);
    expect(given(await issuer.post(privateHost, `${form}&access_type=offline`))).toBe(true);
    expect(given(await issuer.post(privateHost, `${form}&${asked}`))).toBe(true);
  });

  test('not to an anonymous client', async () => {
    const answer = await issuer.get(publicHost, asked);
    expect([answer.status, given(answer)]).toEqual([200, false]);
  });

  test('not for an access token, which could expire earlier', async () => {
    const token = await issuer.addAccessToken('alice');
    const answer = await issuer.get(privateHost, asked).auth('alice', token);
    expect([answer.status, given(answer)]).toEqual([200, false]);
  });

  test('not to a robot', async () => {
    const { text, token } = createSecretToken('dpr_', 20);
    await issuer.server.store.robots.add(
      { name: 'ci', only: [], disabled: false, createdAt: 0, expiresAt: null, lastUse: null },
      { hash: token.hash, robot: 'ci', createdAt: 0, expiresAt: null },
    );
    const answer = await issuer.get(privateHost, asked).auth('ci', text.reveal());
    expect([answer.status, given(answer)]).toEqual([200, false]);
  });

  test('not for another refresh token', async () => {
    expect(given(await use(await login(), privateHost, `access_type=offline&${asked}`))).toBe(false);
  });

  test('not if refresh tokens are disabled; earlier ones are rejected', async () => {
    issuer = await startIssuer({ tokens: { refresh: { enabled: false } } });
    await issuer.addUser('alice', password);
    const answer = await issuer.get(privateHost, asked).auth('alice', password);
    expect([answer.status, given(answer)]).toEqual([200, false]);
    await expectEnded(await planted({}));
  });
});
