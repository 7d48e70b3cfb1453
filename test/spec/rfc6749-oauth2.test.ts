// RFC 6749, as used by https://distribution.github.io/distribution/spec/auth/oauth/.
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessIn,
  privateHost,
  publicHost,
  startIssuer,
  type ErrorBody,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse & battery=100% +äöü';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
});

const form = (values: Record<string, string>): string => new URLSearchParams(values).toString();
const credentials = { grant_type: 'password', client_id: 'containerd-client', username: 'alice', password };
const post = (values: Record<string, string>, host = privateHost) => issuer.post(host, form(values));

describe('section 4.3: the password grant', () => {
  test('issues a token, whatever characters the password has', async () => {
    const answer = await post({
      ...credentials,
      service: 'registry',
      scope: 'repository:a:pull repository:b:push',
    });
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toHaveLength(2);
  });

  test('grants only pull under a public domain, as every login does there', async () => {
    const answer = await post({ ...credentials, scope: 'repository:a:pull,push' }, publicHost);
    expect(accessIn(answer)[0]?.actions).toEqual(['pull']);
  });
});

test('section 5.1: the response must not be stored', async () => {
  const answer = await post(credentials);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(answer.body).toMatchObject({ access_token: expect.any(String), expires_in: expect.any(Number) });
});

describe('section 5.2: errors, in addition to the errors[] that docker shows', () => {
  const without = (name: keyof typeof credentials): Record<string, string> =>
    Object.fromEntries(Object.entries(credentials).filter(([key]) => key !== name));

  test.each([
    ['a wrong password', { ...credentials, password: 'x' }, 401, 'invalid_grant'],
    ['an unknown user', { ...credentials, username: 'nobody' }, 401, 'invalid_grant'],
    ['no grant_type', without('grant_type'), 400, 'invalid_request'],
    ['no username', without('username'), 400, 'invalid_request'],
    ['an empty username', { ...credentials, username: '' }, 400, 'invalid_request'],
    [
      'another grant_type',
      { ...credentials, grant_type: 'authorization_code' },
      400,
      'unsupported_grant_type',
    ],
    ['an unreadable scope', { ...credentials, scope: 'x' }, 400, 'invalid_scope'],
    ['another service', { ...credentials, service: 'other' }, 400, 'invalid_request'],
  ])('%s', async (_what, values, status, error) => {
    const answer = await post(values);
    const body = answer.body as ErrorBody;
    expect([answer.status, body.error]).toEqual([status, error]);
    expect(body.error_description).toBe(body.errors[0]?.message);
    expect(body.error_description).toMatch(/.{10}/);
  });

  test('a response to GET has only errors[], because only the token specification applies to it', async () => {
    const { body } = await issuer.get(privateHost);
    expect(Object.keys(body as object)).toEqual(['errors']);
  });

  test('a wrong password is also in details, by which docker 29 recognizes it', async () => {
    const { body } = await issuer.get(privateHost).auth('alice', 'x');
    const { errors } = body as ErrorBody;
    expect(body).toEqual({ errors, details: errors[0]?.message });
  });
});
