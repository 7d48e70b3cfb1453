import { createHmac, createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../support/dockpass/issuer.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';
import {
  newIssuerKey,
  startTrustIssuer,
  type TrustIssuer,
  type TrustIssuerOptions,
} from '../../../support/trust/issuer.ts';
import { testAuthority } from '../../../support/tls/tls.ts';
import { problemIn, startVerifier, trustRule } from '../../../support/trust/verifier.ts';

const clock = fakeClock();
const authority = await testAuthority();
const startIssuer = (options: TrustIssuerOptions = {}): Promise<TrustIssuer> =>
  startTrustIssuer({ clock, authority, ...options });
const issuer = await startIssuer();
const verifier = await startVerifier(clock);
const rule = trustRule(issuer);
const check = async (jwt: string): Promise<string> => problemIn(await verifier.verify(jwt, rule));

const now = (): number => Math.floor(clock() / 1000);

describe('a valid JWT', () => {
  test('is accepted, with its claims and when it expires', async () => {
    const jwt = await issuer.sign({ sub: 'repo:acme/app', repository_id: 1 });
    expect(await verifier.verify(jwt, rule)).toEqual({
      isValid: true,
      claims: expect.objectContaining({
        iss: issuer.issuer,
        sub: 'repo:acme/app',
        repository_id: 1,
      }) as unknown,
      sources: [`${issuer.issuer} `],
      expiresAt: now() + 300,
    });
  });

  test.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('is accepted with %s', async (algorithm) => {
    const other = await startIssuer({ algorithm });
    expect(problemIn(await verifier.verify(await other.sign(), trustRule(other)))).toBe('valid');
  });

  test('is accepted without `kid` if the issuer has one key of its algorithm', async () => {
    const other = await startIssuer();
    const jwt = (): Promise<string> => other.sign({}, { header: { kid: undefined } });
    expect(problemIn(await verifier.verify(await jwt(), trustRule(other)))).toBe('valid');
    await other.addKey();
    clock.advance(3600);
    expect(problemIn(await verifier.verify(await jwt(), trustRule(other)))).toBe('unknown key');
  });

  test('is accepted if its audience is an array with the audience of one of the rules', async () => {
    const aud = ['https://elsewhere.example.com', 'second.example.com'];
    const second = trustRule(issuer, { name: 'second', audiences: ['second.example.com'] });
    expect(problemIn(await verifier.verify(await issuer.sign({ aud }), rule, second))).toBe('valid');
  });
});

describe('80: a JWT is rejected if its audience', () => {
  test.each([
    ['is missing', undefined, 'missing claim'],
    ['is foreign', 'https://github.com/acme', 'audience'],
    ['is a part of the right one', 'registry.example', 'audience'],
    ['has the right one in another case', 'Registry.example.com', 'audience'],
    ['is empty', '', 'audience'],
    ['is an empty array', [], 'audience'],
    ['is an object', { 'registry.example.com': 1 }, 'audience'],
    ['is a number', 1, 'audience'],
    ['contains something that is not a text', ['registry.example.com', 1], 'missing claim'],
  ])('%s', async (_, aud, problem) => {
    expect(await check(await issuer.sign({ aud }))).toBe(problem);
  });
});

describe('81: a JWT is rejected if its issuer', () => {
  test.each<[string, (name: string) => unknown, string]>([
    ['has a slash at the end', (name) => `${name}/`, 'unknown issuer'],
    ['is in another case', (name) => name.replace('localhost', 'LOCALHOST'), 'unknown issuer'],
    ['is http', (name) => name.replace('https', 'http'), 'unknown issuer'],
    ['contains a space', (name) => `${name} `, 'unknown issuer'],
    ['is missing', () => undefined, 'missing claim'],
    ['is an array', (name) => [name], 'missing claim'],
  ])('%s', async (_, change, problem) => {
    const before = { ...issuer.requestCounts };
    expect(await check(await issuer.sign({ iss: change(issuer.issuer) }))).toBe(problem);
    expect(issuer.requestCounts).toEqual(before);
  });

  test('is not in a rule, and its server is not asked', async () => {
    const attacker = await startIssuer();
    expect(await check(await attacker.sign())).toBe('unknown issuer');
    expect(attacker.requestCounts).toEqual({ discovery: 0, jwks: 0 });
  });
});

describe('a JWT is rejected because of a time', () => {
  test.each<[string, (at: number) => Record<string, unknown>, string]>([
    ['exp is missing', () => ({ exp: undefined }), 'missing claim'],
    ['exp is a text', () => ({ exp: '2999999999' }), 'missing claim'],
    ['exp is 60 seconds ago', (at) => ({ exp: at - 60 }), 'expired'],
    ['exp is 59 seconds ago', (at) => ({ exp: at - 59 }), 'valid'],
    ['exp is in a year', (at) => ({ exp: at + 365 * 86_400 }), 'missing claim'],
    ['exp is far too large', () => ({ exp: Number.MAX_VALUE }), 'missing claim'],
    ['nbf is in 61 seconds', (at) => ({ nbf: at + 61 }), 'not yet valid'],
    ['nbf is in 60 seconds', (at) => ({ nbf: at + 60 }), 'valid'],
    ['nbf is a text', () => ({ nbf: '0' }), 'missing claim'],
    ['iat is in 61 seconds', (at) => ({ iat: at + 61 }), 'not yet valid'],
    ['iat is in 60 seconds', (at) => ({ iat: at + 60 }), 'valid'],
    ['iat is a text', () => ({ iat: '0' }), 'missing claim'],
  ])('%s', async (_, claims, problem) => {
    expect(await check(await issuer.sign({ iat: undefined, ...claims(now()) }))).toBe(problem);
  });
});

describe('83 and 87: two issuers', () => {
  test('with keys of the same `kid` are verified each with its own keys', async () => {
    const [one, other] = [await startIssuer(), await startIssuer()];
    const keyOfOne = one.keys[0] ?? (await newIssuerKey());
    const keyOfOther = { ...(other.keys[0] ?? (await newIssuerKey())), kid: keyOfOne.kid };
    other.answer('jwks', (_, response) =>
      response.end(JSON.stringify({ keys: [{ ...keyOfOther.publicJwk, kid: keyOfOne.kid }] })),
    );
    const rules = [trustRule(one), trustRule(other, { name: 'other' })];
    const verify = async (jwt: string): Promise<string> => problemIn(await verifier.verify(jwt, ...rules));
    expect(await verify(await one.sign())).toBe('valid');
    expect(await verify(await other.sign({}, { key: keyOfOther }))).toBe('valid');
    // The key of one issuer signs in the name of the other one.
    expect(await verify(await other.sign({}, { key: keyOfOne }))).toBe('signature');
    expect(await verify(await one.sign({}, { key: keyOfOther }))).toBe('signature');
  });

  test('with the same name are told apart by their key sets: the JWT counts only for its own', async () => {
    const name = 'https://kubernetes.default.svc.cluster.local';
    const [one, other] = [await startIssuer({ issuer: name }), await startIssuer({ issuer: name })];
    const file = join(await temporaryDirectory('cluster'), 'other.json');
    await writeFile(file, JSON.stringify(other.keySet()));
    const rules = [
      trustRule(name, { name: 'one', jwks: one.jwksUrl }),
      trustRule(name, { name: 'other', jwks: file }),
    ];
    const sourcesOf = async (jwt: string): Promise<readonly string[]> => {
      const verification = await verifier.verify(jwt, ...rules);
      return verification.isValid ? verification.sources : [];
    };
    const [ofOne, ofOther] = [await one.sign(), await other.sign()];
    // The second time, the result is cached.
    for (const _ of [1, 2]) {
      expect(await sourcesOf(ofOne)).toEqual([`${name} ${one.jwksUrl}`]);
      expect(await sourcesOf(ofOther)).toEqual([`${name} ${file}`]);
    }
    const third = await startIssuer({ issuer: name });
    expect(await sourcesOf(await third.sign())).toEqual([]);
  });
});

describe('84: a JWT is rejected', () => {
  const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = (): Record<string, unknown> => ({
    iss: issuer.issuer,
    aud: 'registry.example.com',
    exp: now() + 300,
  });
  const publicJwk = () => issuer.keySet().keys[0] ?? {};

  test.each(['none', 'None', 'NONE', ''])('if its algorithm is "%s"', async (alg) => {
    const kid = issuer.keys[0]?.kid;
    const unsigned = `${base64url({ alg, kid })}.${base64url(claims())}`;
    expect(await check(`${unsigned}.`)).toBe('malformed');
    expect(await check(`${unsigned}.AAAA`)).toBe('algorithm');
  });

  test.each(['HS256', 'HS384', 'HS512'])('if %s uses the public key as the secret', async (alg) => {
    const key = createPublicKey({ key: publicJwk() as Record<string, unknown>, format: 'jwk' });
    for (const secret of [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicJwk()),
    ]) {
      const signed = `${base64url({ alg, kid: issuer.keys[0]?.kid })}.${base64url(claims())}`;
      const signature = createHmac(alg.replace('HS', 'sha'), secret).update(signed).digest('base64url');
      expect(await check(`${signed}.${signature}`)).toBe('algorithm');
    }
  });

  test.each(['jwk', 'jku', 'x5u', 'x5c'])('if an own key is in its header (%s)', async (member) => {
    const attacker = await startIssuer();
    const own = attacker.keys[0] ?? (await newIssuerKey());
    const value = { jwk: own.publicJwk, jku: attacker.jwksUrl, x5u: attacker.jwksUrl, x5c: ['AAAA'] }[member];
    const kid = issuer.keys[0]?.kid;
    expect(await check(await issuer.sign({}, { key: own, header: { kid, [member]: value } }))).toBe(
      'signature',
    );
    expect(await check(await issuer.sign({}, { key: own, header: { [member]: value } }))).toBe('unknown key');
    expect(attacker.requestCounts).toEqual({ discovery: 0, jwks: 0 });
  });

  test('if its header requires an extension', async () => {
    // jose does not sign such a JWT, so it is signed by hand.
    const [key] = issuer.keys;
    if (key === undefined) throw new Error('no key');
    const signed = `${base64url({ alg: 'ES256', kid: key.kid, crit: ['x'], x: 1 })}.${base64url(claims())}`;
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      key.privateKey,
      Buffer.from(signed),
    );
    expect(await check(`${signed}.${Buffer.from(signature).toString('base64url')}`)).toBe('malformed');
  });

  test('if its issuer has a preset with another algorithm', async () => {
    const preset = trustRule(issuer, { preset: 'github' });
    expect(problemIn(await verifier.verify(await issuer.sign(), preset))).toBe('algorithm');
  });

  test('if the key set contains a symmetric or private key', async () => {
    const other = await startIssuer();
    const [key] = other.keySet().keys;
    const sets = [[{ kty: 'oct', k: 'AAAA', kid: 'secret', alg: 'HS256' }, key], [{ ...key, d: 'AAAA' }]];
    for (const keys of sets) {
      other.answer('jwks', (_, response) => response.end(JSON.stringify({ keys })));
      const separate = await startVerifier(clock);
      const answer = await separate.verify(await other.sign(), trustRule(other));
      expect(answer).toMatchObject({
        problem: 'keys unavailable',
        detail: expect.stringContaining('private or symmetric key') as unknown,
      });
    }
  });

  test('if its RSA key has fewer than 2048 bits', async () => {
    const other = await startIssuer({ algorithm: 'RS256' });
    const weak = await crypto.subtle.generateKey(
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      true,
      ['sign', 'verify'],
    );
    const jwk = { ...(await crypto.subtle.exportKey('jwk', weak.publicKey)), kid: 'weak', alg: 'RS256' };
    other.answer('jwks', (_, response) => response.end(JSON.stringify({ keys: [jwk] })));
    const signed = `${base64url({ alg: 'RS256', kid: 'weak' })}.${base64url({ ...claims(), iss: other.issuer })}`;
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', weak.privateKey, Buffer.from(signed));
    const jwt = `${signed}.${Buffer.from(signature).toString('base64url')}`;
    expect(await verifier.verify(jwt, trustRule(other))).toMatchObject({
      problem: 'unknown key',
      detail: expect.stringContaining('1024 bits') as unknown,
    });
  });
});

describe('a text that is no JWT is rejected', () => {
  test.each([
    ['it is empty', ''],
    ['it has two parts', 'a.b'],
    ['it has four parts', 'a.b.c.d'],
    ['it has five parts, as an encrypted JWT', 'a.b.c.d.e'],
    ['its header is not JSON', 'AAAA.e30.AAAA'],
    ['its header is null', 'bnVsbA.e30.AAAA'],
    ['its claims are an array', 'eyJhbGciOiJFUzI1NiJ9.W10.AAAA'],
  ])('%s', async (_, text) => {
    expect(await check(text)).toBe('malformed');
  });

  test('a valid JWT is rejected with anything around it, and if it is too long', async () => {
    const jwt = await issuer.sign();
    for (const changed of [`${jwt}\n`, ` ${jwt}`, `${jwt}=`, jwt.replace('.', '..')])
      expect(await check(changed)).toBe('malformed');
    expect(await check(await issuer.sign({ filler: 'x'.repeat(13_000) }))).toBe('malformed');
    expect(await check(await issuer.sign({ filler: 'x'.repeat(10_000) }))).toBe('valid');
  });
});

test('a denial names no part of the JWT but the claim that is wrong', async () => {
  const jwt = await issuer.sign({ aud: 'elsewhere', email: 'alice@example.com' });
  const verification = await verifier.verify(jwt, rule);
  const detail = verification.isValid ? '' : verification.detail;
  expect(detail).toContain('"elsewhere"');
  for (const part of jwt.split('.')) expect(detail).not.toContain(part);
  expect(detail).not.toContain('alice');
});
