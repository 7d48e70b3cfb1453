import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password, 'none');
});

const get = (path: string, host = privateHost) =>
  request(issuer.url).get(`/auth/api/v1${path}`).set('Host', host);

describe('the administration API', () => {
  test('tells a user who they are', async () => {
    const answer = await get('/me').auth('alice', password);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      name: 'alice',
      kind: 'user',
      role: 'none',
      groups: [],
      rights: [],
      limited: false,
      version: expect.any(String) as string,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('does not exist under a public domain', async () => {
    for (const path of ['/me', '/users', '/unknown', '']) {
      const answer = await get(path, publicHost).auth('root-1', password);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  test('challenges with Bearer, never with Basic', async () => {
    for (const answer of [await get('/me'), await get('/me').auth('alice', 'wrong horse battery')]) {
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="dockpass"');
      expect(answer.headers['content-type']).toBe('application/problem+json');
    }
  });

  test('rejects an access token that was created without --api', async () => {
    const token = await issuer.addAccessToken('root-1');
    for (const answer of [
      await get('/me').auth('root-1', token),
      await get('/me').set('Authorization', `Bearer ${token}`),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({ code: 'api_not_allowed' });
    }
  });

  test('shows users to administrators only', async () => {
    const denied = await get('/users').auth('alice', password);
    expect(denied.status).toBe(403);
    expect(denied.body).toMatchObject({ code: 'forbidden' });
    const first = await get('/users?limit=1').auth('root-1', password);
    expect(first.body).toMatchObject({ items: [{ name: 'alice' }] });
    const { next } = first.body as { next: string };
    const second = await get(`/users?limit=1&cursor=${next}`).auth('root-1', password);
    expect(second.body).toMatchObject({ items: [{ name: 'root-1' }], next: null });
  });

  test.each([
    ['/users?limit=0', '/limit'],
    ['/users?limit=1001', '/limit'],
    ['/users?cursor=x', '/cursor'],
    ['/users?q=a&q=b', '/q'],
    ['/users?unknown=1', '/unknown'],
  ])('rejects %s with a pointer', async (path, pointer) => {
    const answer = await get(path).auth('root-1', password);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'bad_request', errors: [{ pointer }] });
  });
});
