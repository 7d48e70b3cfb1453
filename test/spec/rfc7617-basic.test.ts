// RFC 7617, the Basic authentication scheme.
import { beforeAll, describe, expect, test } from 'vitest';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  // The user-id and the password are those of the example in section 2.1.
  await issuer.addUser('test', '123£');
});

const status = async (authorization: string): Promise<number> =>
  (await issuer.get(privateHost).set('Authorization', authorization)).status;

describe('RFC 7617', () => {
  test('section 2.1: decodes user-id and password as UTF-8', async () => {
    expect(await status('Basic dGVzdDoxMjPCow==')).toBe(200);
  });

  test('section 2: accepts the scheme in upper and lower case', async () => {
    expect(await status('basic dGVzdDoxMjPCow==')).toBe(200);
    expect(await status('BASIC dGVzdDoxMjPCow==')).toBe(200);
  });

  test('section 2: a 401 has a challenge with charset="UTF-8"', async () => {
    for (const answer of [await issuer.get(privateHost), await issuer.get(publicHost).auth('test', 'x')]) {
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="dockpass", charset="UTF-8"');
    }
  });

  test('section 2: rejects control characters in user-id and password', async () => {
    expect(await status(`Basic ${Buffer.from('te\x07st:123£').toString('base64')}`)).toBe(401);
    expect(await status(`Basic ${Buffer.from('test:123£\n').toString('base64')}`)).toBe(401);
  });
});
