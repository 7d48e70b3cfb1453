import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';
import { basic, exchange, rawRequest } from '../support/network/raw-http.ts';

const password = 'correct horse battery';
const digest = `sha256:${'0'.repeat(64)}`;
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer({ publicRepositories: ['open/**'], catalog: 'admins' });
  await issuer.addUser('reader', password, 'reader');
  await issuer.addUser('writer', password, 'writer');
  await issuer.addUser('admin', password, 'admin');
});

interface Question {
  readonly host?: string;
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends the request that an edge sends for a client. */
function ask(
  method: string,
  uri: string,
  { host = privateHost, user = 'writer', headers = {} }: Question = {},
) {
  return request(issuer.url)
    .get('/auth/forward')
    .set({ Host: host, 'X-Forwarded-Method': method, 'X-Forwarded-Uri': uri })
    .set('Authorization', basic(user, password))
    .set(headers);
}

interface Claims {
  readonly access: readonly { readonly name: string; readonly actions: readonly string[] }[];
}

/** Returns the access in the token of the response header Authorization, as `name:actions`. */
function grantedIn(answer: { status: number; headers: Record<string, string>; text: string }): string[] {
  expect(answer.status, answer.text).toBe(200);
  const token = /^Bearer (\S+)$/.exec(answer.headers['authorization'] ?? '')?.[1] ?? '';
  return decodeJwt<Claims>(token).access.map(({ name, actions }) => `${name}:${actions.join(',')}`);
}

describe('/auth/forward', () => {
  test('answers 200 with a token that jose accepts, and nothing else', async () => {
    const answer = await ask('GET', '/v2/team/app/manifests/latest').expect(200);
    const token = (answer.headers['authorization'] ?? '').replace('Bearer ', '');
    const { body: keys } = await request(issuer.url).get('/auth/jwks');
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys as JSONWebKeySet), {
      issuer: 'dockpass',
      audience: 'registry',
      subject: 'writer',
      currentDate: new Date(issuer.clock()),
    });
    expect(payload).toMatchObject({ access: [{ type: 'repository', name: 'team/app', actions: ['pull'] }] });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-length': '0' });
  });

  test.each([
    ['GET', '/v2/', 'reader', []],
    ['GET', '/v2/team/app/tags/list?n=10', 'reader', ['team/app:pull']],
    ['HEAD', `/v2/team/app/blobs/${digest}`, 'reader', ['team/app:pull']],
    ['GET', `/v2/team/app/referrers/${digest}?artifactType=x`, 'reader', ['team/app:pull']],
    ['POST', '/v2/team/app/blobs/uploads/', 'writer', ['team/app:pull,push']],
    ['PATCH', '/v2/team/app/blobs/uploads/0-1_2.3=?_state=x', 'writer', ['team/app:pull,push']],
    ['PUT', '/v2/team/app/manifests/v1', 'writer', ['team/app:pull,push']],
    ['DELETE', `/v2/team/app/manifests/${digest}`, 'admin', ['team/app:delete']],
    ['GET', '/v2/_catalog?n=5', 'admin', ['catalog:*']],
    [
      'POST',
      `/v2/team/app/blobs/uploads/?mount=${digest}&from=base/os`,
      'writer',
      ['team/app:pull,push', 'base/os:pull'],
    ],
  ])('issues a token for %s %s by a %s', async (method, uri, user, given) => {
    expect(grantedIn(await ask(method, uri, { user }))).toEqual(given);
  });

  test.each([
    ['PUT', '/v2/team/app/manifests/v1', 'reader'],
    ['DELETE', `/v2/team/app/manifests/${digest}`, 'writer'],
    ['DELETE', `/v2/team/app/blobs/${digest}`, 'writer'],
    ['GET', '/v2/_catalog', 'writer'],
  ])('answers 403 for %s %s by a %s, and names the user', async (method, uri, user) => {
    const { status, headers, body } = await ask(method, uri, { user });
    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('authorization');
    expect(body).toMatchObject({ errors: [{ code: 'DENIED', message: expect.stringContaining(user) }] });
  });

  test.each([
    ['GET', '/v2/team/app/signatures/x'],
    ['GET', '/v2/../auth/token'],
    ['OPTIONS', '/v2/team/app/tags/list'],
    ['GET', '/'],
  ])('answers 403 for %s %s, which the registry does not serve', async (method, uri) => {
    expect((await ask(method, uri, { user: 'admin' })).status).toBe(403);
  });

  test('answers 403 without the two headers of the edge', async () => {
    const direct = await request(issuer.url)
      .get('/auth/forward')
      .set('Host', privateHost)
      .auth('admin', password);
    expect(direct.status).toBe(403);
  });

  test('answers wrong credentials with 401, also under a public domain', async () => {
    for (const host of [privateHost, publicHost]) {
      const answer = await ask('GET', '/v2/open/app/tags/list', { host }).set(
        'Authorization',
        basic('writer', 'no'),
      );
      expect(answer.status).toBe(401);
      expect(answer.headers).not.toHaveProperty('authorization');
    }
  });

  test("a 401 has exactly one challenge, Bearer, because clients receive it as the registry's", async () => {
    const answer = await ask('GET', '/v2/').set('Authorization', basic('writer', 'no'));
    expect(answer.headers['www-authenticate']).toMatch(
      /^Bearer realm="https:\/\/registry\.example\.com\/auth\/token"/,
    );
    expect(answer.headers['www-authenticate']).not.toMatch(/Basic/i);
  });

  test('without credentials, allows pulls under a public domain and answers 401 under a private one', async () => {
    const anonymous = (host: string) => ask('GET', '/v2/open/app/tags/list', { host }).unset('Authorization');
    expect(grantedIn(await anonymous(publicHost))).toEqual(['open/app:pull']);
    expect((await anonymous(privateHost)).status).toBe(401);
  });

  test('allows an administrator only pulls under a public domain', async () => {
    const here = { host: publicHost, user: 'admin' };
    expect(grantedIn(await ask('GET', '/v2/open/app/manifests/x', here))).toEqual(['open/app:pull']);
    expect((await ask('PUT', '/v2/open/app/manifests/x', here)).status).toBe(403);
    expect((await ask('DELETE', '/v2/open/app/manifests/x', here)).status).toBe(403);
    expect((await ask('GET', '/v2/team/app/manifests/x', here)).status).toBe(403);
    // An edge of an earlier version asks this. The registry denies the request, because the token holds no access.
    expect(grantedIn(await ask('GET', '/v2/_catalog', here))).toEqual([]);
  });

  test('denies every write under a public domain and names the private domain for the login', async () => {
    const told = await startIssuer({ up: { privateDomains: ['*.x.test', 'reg.example.com'], port: 443 } });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await request(told.url)
        .get('/auth/forward')
        .set({ Host: publicHost, 'X-Forwarded-Method': method, 'X-Forwarded-Uri': '/v2/a/blobs/uploads/x' });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain(
        `log in to push: docker login reg.example.com; ${publicHost} only serves pulls`,
      );
    }
  });

  test('sends a denial in a header too, for an edge that drops bodies, and without the query', async () => {
    const answer = await ask('GET', '/v3/caf\xe9/\"x\"?token=canary', { user: 'reader' }).expect(403);
    const errors = answer.headers['x-dockpass-errors'] ?? '';
    expect(errors).toMatch(/^[\x20-\x7e]+$/);
    expect({ errors: JSON.parse(errors) as unknown }).toEqual(answer.body);
    expect(answer.text).toContain('the registry does not serve GET');
    expect(answer.text + issuer.logged.join('\n')).not.toContain('canary');
    const nonsense = await ask('GET', 'Basic canary', { user: 'reader' }).expect(403);
    expect(nonsense.text).toContain('the registry does not serve this request');
  });

  test('a mount needs access to its source too', async () => {
    const from = (source: string) =>
      ask('POST', `/v2/open/app/blobs/uploads/?mount=${digest}&from=${source}`, { user: 'writer' });
    expect((await from('..%2Fsecret')).status).toBe(403);
    expect(grantedIn(await from('team%2Fapp'))).toEqual(['open/app:pull,push', 'team/app:pull']);
  });

  test('an access token is limited to the access with which it was created', async () => {
    const { createSecretToken } = await import('../../src/identity/token/secret-token.ts');
    const { text, token } = createSecretToken('dpp_', 20);
    await issuer.server.store.accessTokens.add({
      hash: token.hash,
      name: 'pull-only',
      user: 'writer',
      only: [{ pattern: 'team/**', actions: ['pull'] }],
      createdAt: 0,
      expiresAt: null,
      lastUse: null,
    });
    const as = (method: string, uri: string) =>
      ask(method, uri).set('Authorization', basic('writer', text.reveal()));
    expect(grantedIn(await as('GET', '/v2/team/app/tags/list'))).toEqual(['team/app:pull']);
    expect((await as('PUT', '/v2/team/app/manifests/x')).status).toBe(403);
    expect((await as('GET', '/v2/other/app/tags/list')).status).toBe(403);
  });
});

describe('attack matrix, X-Forwarded-Host', () => {
  const uri = '/v2/open/app/manifests/x';

  test('17: X-Forwarded-Host of a trusted proxy (Traefik) is the host, otherwise Host is', async () => {
    const named = await ask('GET', uri, {
      host: 'dockpass:5002',
      headers: { 'X-Forwarded-Host': publicHost },
    });
    expect(grantedIn(named)).toEqual(['open/app:pull']);
    const put = ask('PUT', uri, { host: privateHost, headers: { 'X-Forwarded-Host': publicHost } });
    expect((await put).status).toBe(403);
    expect(grantedIn(await ask('PUT', uri, { host: privateHost }))).toEqual(['open/app:pull,push']);
  });

  test('17: /auth/token ignores X-Forwarded-Host and Forwarded', async () => {
    const answer = await issuer
      .get(privateHost, 'scope=repository:open/app:pull')
      .set({ 'X-Forwarded-Host': publicHost, Forwarded: `host=${publicHost}` });
    expect(answer.status).toBe(401);
  });

  test('17: X-Forwarded-Host from any other peer is ignored', async () => {
    const server = await startIssuer({ trustedProxies: ['192.0.2.0/24'], publicRepositories: ['open/**'] });
    const answer = await request(server.url).get('/auth/forward').set({
      Host: publicHost,
      'X-Forwarded-Host': publicHost,
      'X-Forwarded-Method': 'GET',
      'X-Forwarded-Uri': uri,
    });
    expect(answer.status).toBe(401);
  });

  test('18: two values of X-Forwarded-Host are answered with 401, as two headers and as a list', async () => {
    const head = [
      `Host: ${privateHost}`,
      'X-Forwarded-Method: GET',
      `X-Forwarded-Uri: ${uri}`,
      `Authorization: ${basic('writer', password)}`,
    ];
    const twice = [`X-Forwarded-Host: ${publicHost}`, `X-Forwarded-Host: ${privateHost}`];
    for (const extra of [
      twice,
      [`X-Forwarded-Host: ${publicHost}, ${privateHost}`],
      ['X-Forwarded-Host: a@b'],
    ])
      expect(
        (await exchange(issuer.port, rawRequest('GET /auth/forward HTTP/1.1', [...head, ...extra])))?.status,
      ).toBe(401);
  });
});
