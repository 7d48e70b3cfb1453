import { X509Certificate } from 'node:crypto';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importX509,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  privateHost,
  publicHost,
  startIssuer,
  startOfTime,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
const now = startOfTime / 1000;

interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

describe.each(['ES256', 'RS256'])('tokens signed with %s', (algorithm) => {
  let issuer: TestIssuer;

  beforeAll(async () => {
    issuer = await startIssuer({
      catalog: 'admins',
      keys: { algorithm },
      service: 'my-registry',
      issuer: 'my-dockpass',
      tokens: { pullLifetime: '2m', pushLifetime: '30m' },
    });
    await issuer.addUser('alice', password);
    await issuer.addUser('boss', password, 'admin');
  });

  const tokenFor = async (user: string, scope: string): Promise<TokenAnswer> =>
    (await issuer.get(privateHost, `scope=${scope}`).auth(user, password).expect(200)).body as TokenAnswer;

  const verification = {
    issuer: 'my-dockpass',
    audience: 'my-registry',
    currentDate: new Date(startOfTime),
    algorithms: [algorithm],
  };

  test('are accepted by jose with the published keys', async () => {
    const { body } = await request(issuer.url).get('/auth/jwks').expect(200);
    const { token } = await tokenFor('alice', 'repository:a:pull');
    const verified = await jwtVerify(token, createLocalJWKSet(body as JSONWebKeySet), verification);
    expect(verified.payload.sub).toBe('alice');
  });

  test('are accepted by their certificate, which the CA in rootcertbundle signed', async () => {
    const { token } = await tokenFor('alice', 'repository:a:pull');
    const { x5c = [] } = decodeProtectedHeader(token);
    const leaf = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'));
    const authority = new X509Certificate(issuer.server.keys.rootCertBundle());
    expect(x5c).toHaveLength(1);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.ca).toBe(false);
    await jwtVerify(token, await importX509(leaf.toString(), algorithm), verification);
  });

  test('contain the claims that registry 2.8 needs, with its types', async () => {
    const { token } = await tokenFor('alice', 'repository:a:pull,push');
    expect(decodeProtectedHeader(token)).toMatchObject({
      typ: 'JWT',
      alg: algorithm,
      kid: expect.stringMatching(/^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/),
    });
    expect(decodeJwt(token)).toEqual({
      iss: 'my-dockpass',
      sub: 'alice',
      aud: 'my-registry',
      exp: now + 30 * 60,
      nbf: now - 60,
      iat: now - 60,
      jti: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      access: [{ type: 'repository', name: 'a', actions: ['pull', 'push'] }],
    });
  });

  test('live longer if they allow more than pulls', async () => {
    const lifetime = async (scope: string): Promise<number> => {
      const { token, expires_in } = await tokenFor('boss', scope);
      expect(decodeJwt(token).exp).toBe(now + expires_in);
      return expires_in;
    };
    expect(await lifetime('repository:a:pull')).toBe(120);
    expect(await lifetime('repository:a:pull+repository:b:pull')).toBe(120);
    expect(await lifetime('')).toBe(120);
    expect(await lifetime('repository:a:pull+repository:b:push')).toBe(1800);
    expect(await lifetime('repository:a:delete')).toBe(1800);
    expect(await lifetime('registry:catalog:*')).toBe(1800);
  });

  test('are in the response under both names, with the time of issuance', async () => {
    const answer = await tokenFor('alice', 'repository:a:pull');
    expect(Object.keys(answer)).toEqual(['token', 'access_token', 'expires_in', 'issued_at']);
    expect(answer.access_token).toBe(answer.token);
    expect(answer.issued_at).toBe('2026-03-01T12:00:00Z');
  });

  test('have an empty subject for an anonymous client', async () => {
    const { body } = await issuer.get(publicHost, 'scope=repository:a:pull').expect(200);
    expect(decodeJwt((body as TokenAnswer).token)).toMatchObject({ sub: '' });
  });
});

describe('a token is shared', () => {
  const idOf = async (issuer: TestIssuer, user: string, scope: string): Promise<string | undefined> => {
    const { body } = await issuer.get(privateHost, `scope=${scope}`).auth(user, password).expect(200);
    return decodeJwt((body as TokenAnswer).token).jti;
  };

  test('within one second with all equal requests after the first, and not longer', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password);
    await issuer.addUser('bob', password);
    const first = await idOf(issuer, 'alice', 'repository:a:pull');
    const shared = await idOf(issuer, 'alice', 'repository:a:pull');
    expect(await idOf(issuer, 'alice', 'repository:a:pull')).toBe(shared);
    const others = [
      shared,
      await idOf(issuer, 'bob', 'repository:a:pull'),
      await idOf(issuer, 'alice', 'repository:b:pull'),
      await idOf(issuer, 'alice', 'repository:a:pull,push'),
    ];
    issuer.clock.advance(1);
    others.push(await idOf(issuer, 'alice', 'repository:a:pull'));
    expect(new Set([first, ...others]).size).toBe(6);
  });

  test('never after a change of rights', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password, 'admin');
    const ask = async () =>
      (await issuer.get(privateHost, 'scope=repository:a:*').auth('alice', password)).body as TokenAnswer;
    const before = await ask();
    await issuer.server.store.users.update('alice', { role: 'reader', changedAt: now });
    const after = await ask();
    expect(decodeJwt(before.token)).toMatchObject({ access: [{ actions: ['pull', 'push', 'delete', '*'] }] });
    expect(decodeJwt(after.token)).toMatchObject({ access: [{ actions: ['pull'] }] });
  });
});
