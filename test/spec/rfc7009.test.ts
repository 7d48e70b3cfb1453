import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSecretToken } from '../../src/identity/token/secret-token.ts';
import { privateHost, refusalIn, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

// RFC 7009, OAuth 2.0 Token Revocation. Clients are public, so they send no client credentials (section 2.1). A client
// needs only the token to revoke it.

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
});

const revoke = (form: string) =>
  request(issuer.url).post('/auth/revoke').set('Host', privateHost).type('form').send(form);

const use = (token: string) =>
  issuer.post(privateHost, `grant_type=refresh_token&refresh_token=${token}&scope=repository:a:pull`);

async function refreshToken(): Promise<string> {
  const { body } = await issuer.get(privateHost, 'offline_token=true').auth('alice', password);
  return (body as { refresh_token: string }).refresh_token;
}

describe('RFC 7009', () => {
  test('section 2: POST with a form revokes the token at once', async () => {
    const token = await refreshToken();
    expect((await use(token)).status).toBe(200);
    expect((await revoke(`token=${token}`)).status).toBe(200);
    expect((await use(token)).status).toBe(401);
  });

  test('section 2.1: token_type_hint may be right, wrong, unknown or empty', async () => {
    for (const hint of ['refresh_token', 'access_token', 'something_else', '']) {
      const token = await refreshToken();
      expect((await revoke(`token=${token}&token_type_hint=${hint}`)).status).toBe(200);
      expect((await use(token)).status).toBe(401);
    }
  });

  test('section 2.1: other tokens of the same user stay valid', async () => {
    const [one, other] = [await refreshToken(), await refreshToken()];
    await revoke(`token=${one}`);
    expect((await use(other)).status).toBe(200);
  });

  test('section 2.2: answers 200 for an invalid token, because it cannot be used anyway', async () => {
    const again = await refreshToken();
    await revoke(`token=${again}`);
    for (const token of [again, 'nonsense', createSecretToken('dpi_', 32).text.reveal(), '%00'])
      expect((await revoke(`token=${token}`)).status, token).toBe(200);
  });

  test('section 2.2.1: answers unsupported_token_type for tokens that cannot be revoked here', async () => {
    const { body } = await issuer.get(privateHost).auth('alice', password);
    const jwt = (body as { token: string }).token;
    for (const token of [
      jwt,
      createSecretToken('dpp_', 20).text.reveal(),
      createSecretToken('dpr_', 20).text.reveal(),
    ]) {
      const answer = await revoke(`token=${token}`);
      expect([answer.status, answer.body]).toMatchObject([400, { error: 'unsupported_token_type' }]);
      expect(answer.text).not.toContain(token);
    }
  });

  test('section 2.2.1 and RFC 6749 section 5.2: rejects a form with no token or with two', async () => {
    for (const form of ['', 'token=', 'token_type_hint=refresh_token', 'token=a&token=b']) {
      const answer = await revoke(form);
      expect([answer.status, answer.body]).toMatchObject([400, { error: 'invalid_request' }]);
    }
  });

  test('accepts only POST and only a form', async () => {
    const get = await request(issuer.url).get('/auth/revoke?token=x').set('Host', privateHost);
    expect([get.status, get.headers['allow'], refusalIn(get)]).toEqual([405, 'POST', 'method_not_allowed']);
    const json = await request(issuer.url).post('/auth/revoke').set('Host', privateHost).send({ token: 'x' });
    expect(json.status).toBe(415);
  });

  test('RFC 6749 section 5.1: the response must not be stored', async () => {
    const answer = await revoke('token=x');
    expect([answer.headers['cache-control'], answer.text]).toEqual(['no-store', '']);
  });
});
