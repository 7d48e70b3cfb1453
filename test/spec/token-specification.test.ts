// The token specification of distribution: https://distribution.github.io/distribution/spec/auth/token/
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessIn,
  privateHost,
  publicHost,
  startIssuer,
  type ErrorBody,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer({ service: 'registry.docker.io' });
  await issuer.addUser('jlhawn', password);
});

const login = (query: string) => issuer.get(privateHost, query).auth('jlhawn', password);

describe('requesting a token', () => {
  test('answers the example of the specification', async () => {
    const answer = await login(
      'service=registry.docker.io&client_id=docker&offline_token=false&scope=repository:samalba/my-app:pull,push',
    ).expect(200);
    expect(answer.body).toMatchObject({
      token: expect.any(String),
      access_token: expect.any(String),
      expires_in: 3600,
      issued_at: '2026-03-01T12:00:00Z',
    });
    expect(decodeJwt((answer.body as { token: string }).token)).toMatchObject({
      iss: 'dockpass',
      sub: 'jlhawn',
      aud: 'registry.docker.io',
      access: [{ type: 'repository', name: 'samalba/my-app', actions: ['pull', 'push'] }],
    });
  });

  test('"for compatibility with OAuth 2.0, access_token is the same as token"', async () => {
    const { body } = await login('').expect(200);
    const { token, access_token } = body as { token: string; access_token: string };
    expect(access_token).toBe(token);
  });

  test('"expires_in: for compatibility, never less than 60 seconds" by default', async () => {
    for (const scope of ['', 'repository:a:pull', 'repository:a:push']) {
      const { body } = await login(`scope=${scope}`).expect(200);
      expect((body as { expires_in: number }).expires_in).toBeGreaterThanOrEqual(60);
    }
  });

  test('"scope should be specified more than once if there is more than one"', async () => {
    const repeated = await login('scope=repository:a:pull&scope=repository:b:push');
    const joined = await login('scope=repository:a:pull%20repository:b:push');
    expect(accessIn(joined)).toEqual(accessIn(repeated));
    expect(accessIn(repeated)).toHaveLength(2);
  });

  test('a resource that is requested several times is one entry', async () => {
    const answer = await login('scope=repository:a:pull&scope=repository:a:push&scope=repository:a:pull');
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'a', actions: ['pull', 'push'] }]);
  });

  test('"the returned token may have less access than asked": answers 200 with the intersection', async () => {
    const answer = await login('scope=repository:samalba/my-app:pull,push,delete');
    expect([answer.status, accessIn(answer)[0]?.actions]).toEqual([200, ['pull', 'push']]);
  });

  test('issues a token to an anonymous client under a public domain', async () => {
    const answer = await issuer
      .get(publicHost, 'service=registry.docker.io&scope=repository:a:pull')
      .expect(200);
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'a', actions: ['pull'] }]);
  });

  test('a login without a scope gives a token without access (docker login)', async () => {
    const answer = await login(
      'account=jlhawn&client_id=docker&offline_token=true&service=registry.docker.io',
    );
    expect([answer.status, accessIn(answer)]).toEqual([200, []]);
  });

  test('answers HEAD like GET, but without a body', async () => {
    const { default: request } = await import('supertest');
    const answer = await request(issuer.url).head('/auth/token').set('Host', publicHost);
    expect([answer.status, answer.text]).toEqual([200, undefined]);
  });
});

describe('errors', () => {
  test.each([
    ['no login', () => issuer.get(privateHost), 401, 'UNAUTHORIZED', /docker login registry\.example\.com\b/],
    [
      'a wrong password',
      () => issuer.get(privateHost).auth('jlhawn', 'x'),
      401,
      'UNAUTHORIZED',
      /docker login/,
    ],
    ['another service', () => login('service=other'), 400, 'UNSUPPORTED', /registry\.docker\.io/],
    ['an unreadable scope', () => login('scope=x'), 400, 'UNSUPPORTED', /"x"/],
  ])('answers %s with one error that says what to do next', async (_what, ask, status, code, message) => {
    const answer = await ask();
    const { errors } = answer.body as ErrorBody;
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(errors).toEqual([{ code, message: expect.stringMatching(message), detail: expect.any(Object) }]);
  });
});
