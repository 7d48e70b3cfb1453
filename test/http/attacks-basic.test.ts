import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessIn,
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';
import { basic, exchange, rawRequest } from '../support/network/raw-http.ts';

const password = 'correct: horse: battery';
const pull = 'scope=repository:a:pull';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
  await issuer.addUser('zoe', 'pässwörd of utf-8');
});

const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64');

/** Also checks the public domain, where a server could wrongly treat an invalid header as an anonymous request. */
async function expectUnauthorized(authorization: string): Promise<void> {
  for (const host of [publicHost, privateHost]) {
    const answer = await issuer.get(host, pull).set('Authorization', authorization);
    expect([answer.status, refusalIn(answer)], JSON.stringify(authorization)).toEqual([
      401,
      'wrong_credentials',
    ]);
    expect(answer.body).not.toHaveProperty('token');
  }
}

describe('attack matrix, Basic', () => {
  test.each([
    'Basic !!!!',
    'Basic',
    'Basic ',
    'Basic YWxpY2U',
    'Basic YWxpY2U6cHc=x',
    'Basic a b',
    '',
    'YWxpY2U6cHc=',
  ])('26: rejects %j as invalid', (authorization) => expectUnauthorized(authorization));

  test('27: rejects credentials without a colon', () => expectUnauthorized(`Basic ${base64('alice')}`));

  test('28: a secret without a name is never anonymous', () =>
    expectUnauthorized(`Basic ${base64(':secret')}`));

  test('29: an empty name and password are not a login', () => expectUnauthorized(`Basic ${base64(':')}`));

  test('30: the password may contain colons', async () => {
    const answer = await issuer.get(privateHost, pull).set('Authorization', basic('alice', password));
    expect(accessIn(answer)[0]?.actions).toEqual(['pull']);
  });

  test('31: rejects two Authorization headers', async () => {
    const right = `Authorization: ${basic('alice', password)}`;
    for (const headers of [
      [right, right],
      [right, 'authorization: Basic eDp5'],
      ['Authorization: Basic eDp5', right],
    ]) {
      const request = rawRequest('GET /auth/token HTTP/1.1', [`Host: ${privateHost}`, ...headers]);
      expect((await exchange(issuer.port, request))?.status).toBe(400);
    }
  });

  test('32: rejects invalid UTF-8', async () => {
    await expectUnauthorized(`Basic ${base64(Buffer.from([0x61, 0xff, 0xfe, 0x3a, 0x62]))}`);
    await expectUnauthorized(`Basic ${base64(Buffer.from('zoe:pässwörd of utf-8', 'latin1'))}`);
    await expectUnauthorized(`Basic ${base64('al\0ice:x')}`);
    const right = await issuer.get(privateHost, pull).set('Authorization', basic('zoe', 'pässwörd of utf-8'));
    expect(right.status).toBe(200);
  });

  test('33: answers headers over 16 KiB with 431 and a body that docker can show', async () => {
    const long = `Authorization: Basic ${'A'.repeat(17 * 1024)}`;
    const request = rawRequest('GET /auth/token HTTP/1.1', [`Host: ${publicHost}`, long]);
    const answer = await exchange(issuer.port, request);
    expect(answer?.status).toBe(431);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({
      errors: [{ message: expect.stringContaining('16 KiB') }],
      error: 'invalid_request',
      error_description: expect.stringContaining('Request fewer scopes') as string,
    });
  });

  test('34: rejects an account that is not the user that logs in', async () => {
    const as = (account: string) =>
      issuer.get(privateHost, `account=${account}&${pull}`).auth('alice', password);
    const differs = await as('bob');
    expect([differs.status, refusalIn(differs)]).toEqual([400, 'wrong_account']);
    expect((await as('alice')).status).toBe(200);
    expect((await as('ALICE')).status).toBe(200);
    expect((await as('')).status).toBe(200);
    // docker also sends `account` without credentials. A user name alone is not a login.
    expect((await issuer.get(privateHost, `account=alice&${pull}`)).status).toBe(401);
  });

  test('35: rejects credentials both in the header and in the form', async () => {
    const form = `grant_type=password&username=alice&password=${encodeURIComponent(password)}&${pull}`;
    expect((await issuer.post(privateHost, form)).status).toBe(200);
    const both = await issuer.post(privateHost, form).auth('alice', password);
    expect([both.status, refusalIn(both)]).toEqual([400, 'bad_request']);
  });

  test.each(['Bearer abc', 'Digest username="alice"', 'Negotiate abc', 'basicYWxpY2U6cHc='])(
    'another scheme (%s) is not a login',
    (authorization) => expectUnauthorized(authorization),
  );

  test('accepts the scheme in upper and lower case', async () => {
    const lower = basic('alice', password).replace('Basic', 'bAsIc ');
    expect((await issuer.get(privateHost, pull).set('Authorization', lower)).status).toBe(200);
  });
});
