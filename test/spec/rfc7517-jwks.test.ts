// RFC 7517, JSON Web Key (JWK), and its key sets.
import request, { type Response } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JSONWebKeySet } from 'jose';
import { startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

describe.each([
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['RS256', { kty: 'RSA', e: 'AQAB' }],
])('the key set, %s', (algorithm, material) => {
  let issuer: TestIssuer;
  let answer: Response;

  beforeAll(async () => {
    issuer = await startIssuer({ keys: { algorithm } });
    answer = await request(issuer.url).get('/auth/jwks');
  });

  test('section 8.5.1: has the registered media type, and caches may store it for one minute', () => {
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/jwk-set\+json(;|$)/);
    expect(answer.headers['cache-control']).toBe('public, max-age=60');
  });

  test('section 4: each key has its use, algorithm and id', () => {
    const { keys } = answer.body as JSONWebKeySet;
    expect(keys).toEqual([
      expect.objectContaining({ ...material, use: 'sig', alg: algorithm, kid: expect.any(String) }),
    ]);
  });

  test('section 9.2: contains no private key', () => {
    const { keys } = answer.body as JSONWebKeySet;
    for (const key of keys)
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
  });

  test('rejects other methods', async () => {
    expect((await request(issuer.url).post('/auth/jwks')).status).toBe(405);
    expect((await request(issuer.url).delete('/auth/jwks')).status).toBe(405);
  });
});
