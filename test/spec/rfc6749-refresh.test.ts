import { beforeAll, describe, expect, test } from 'vitest';
import { accessIn, privateHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

// RFC 6749, refreshing an access token (sections 1.5, 5.1, 5.2, 6 and 10.4), as used by the OAuth specification of
// distribution (https://distribution.github.io/distribution/spec/auth/oauth/).

const password = 'correct horse battery';
let issuer: TestIssuer;
let token: string;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
  const login = `grant_type=password&username=alice&password=${password}&access_type=offline&client_id=spec`;
  const { body } = await issuer.post(privateHost, `${login}&service=registry`);
  token = (body as { refresh_token: string }).refresh_token;
});

const refresh = (more = '') =>
  issuer.post(
    privateHost,
    `grant_type=refresh_token&refresh_token=${token}&service=registry&client_id=spec${more}`,
  );

describe('RFC 6749, refreshing an access token', () => {
  test('section 5.1: the response has the fields of both specifications and must not be stored', async () => {
    const answer = await refresh('&scope=repository:a:pull');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(answer.body).toMatchObject({
      access_token: expect.any(String),
      expires_in: expect.any(Number),
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test('section 6: each use of a refresh token may request other scopes of the user', async () => {
    expect(accessIn(await refresh('&scope=repository:a:pull'))).toMatchObject([
      { name: 'a', actions: ['pull'] },
    ]);
    expect(accessIn(await refresh('&scope=repository:b:push,pull'))).toMatchObject([
      { name: 'b', actions: ['pull', 'push'] },
    ]);
    expect(accessIn(await refresh())).toEqual([]);
  });

  test('section 6: issues no new refresh token, so the client keeps the old one', async () => {
    const answer = await refresh('&access_type=offline');
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect((await refresh()).status).toBe(200);
  });

  test('section 5.2: answers an invalid token with invalid_grant and 401, which clients need (docs/adr/0009)', async () => {
    const answer = await issuer.post(privateHost, 'grant_type=refresh_token&refresh_token=nonsense');
    expect([answer.status, answer.body]).toMatchObject([
      401,
      { error: 'invalid_grant', error_description: expect.stringContaining('docker login') },
    ]);
    expect(answer.headers).toHaveProperty('www-authenticate');
  });

  test('reads the token from Basic credentials without a name, which docker 29 sends after a denial', async () => {
    const scope = 'scope=repository:a:pull';
    const read = await issuer.get(privateHost, scope).auth('', token);
    expect(accessIn(read)).toMatchObject([{ name: 'a', actions: ['pull'] }]);
    const denied = await issuer.get(privateHost, scope).auth('', `dpi_${'a'.repeat(token.length - 4)}`);
    const message = `this session has ended; log in again: docker login ${privateHost}`;
    expect([denied.status, denied.body]).toMatchObject([
      401,
      { errors: [{ message: expect.stringContaining(message) as string }] },
    ]);
  });

  test.each([
    ['grant_type=refresh_token', 'invalid_request'],
    ['grant_type=refresh_token&refresh_token=', 'invalid_request'],
    ['refresh_token=x', 'invalid_request'],
    ['grant_type=authorization_code&code=x', 'unsupported_grant_type'],
    ['grant_type=client_credentials', 'unsupported_grant_type'],
  ])('section 5.2: answers %s with 400 %s', async (form, error) => {
    const answer = await issuer.post(privateHost, form);
    expect([answer.status, answer.body]).toMatchObject([400, { error }]);
  });

  test('section 10.10: a refresh token has 256 random bits in letters and digits, and a prefix for secret scanners', () => {
    expect(token).toMatch(/^dpi_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/);
  });

  test('section 10.4: the store has the user, service, host and client of a refresh token, but not the token', async () => {
    const sessions = await issuer.server.store.refreshTokens.list('alice');
    expect(sessions).toMatchObject([
      { user: 'alice', service: 'registry', host: privateHost, client: 'spec' },
    ]);
    expect(JSON.stringify(sessions)).not.toContain(token.slice(4, 40));
  });
});
