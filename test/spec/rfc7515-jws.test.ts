// RFC 7515, JSON Web Signature (JWS), and RFC 8725, JSON Web Token Best Current Practices.
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

describe.each(['ES256', 'RS256'])('the compact serialization, %s', (algorithm) => {
  let issuer: TestIssuer;
  let parts: string[];
  let header: { alg: string; typ: string; kid: string; x5c: string[] };

  beforeAll(async () => {
    issuer = await startIssuer({ keys: { algorithm } });
    const { body } = await issuer.get(publicHost, 'scope=repository:a:pull');
    parts = (body as { token: string }).token.split('.');
    header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()) as typeof header;
  });

  test('section 7.1: a token has three parts in base64url without padding', () => {
    expect(parts).toHaveLength(3);
    for (const part of parts) expect(part).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test('section 4.1.6: x5c contains DER certificates in base64, not base64url', () => {
    expect(Object.keys(header).sort()).toEqual(['alg', 'kid', 'typ', 'x5c']);
    for (const text of header.x5c) {
      expect(Buffer.from(text, 'base64').toString('base64')).toBe(text);
      expect(new X509Certificate(Buffer.from(text, 'base64')).subject).toContain('dockpass');
    }
  });

  test('section 5.2: the signature covers the first two parts in their encoded form', () => {
    const key = createPublicKey(
      new X509Certificate(Buffer.from(header.x5c[0] ?? '', 'base64')).publicKey.export({
        type: 'spki',
        format: 'pem',
      }),
    );
    const check = (input: string): boolean =>
      verify(
        'sha256',
        Buffer.from(input),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(parts[2] ?? '', 'base64url'),
      );
    expect(check(`${parts[0]}.${parts[1]}`)).toBe(true);
    expect(check(`${parts[0]}.${parts[1]}A`)).toBe(false);
  });

  test('RFC 7518 section 3.4: an ES256 signature has 64 bytes', () => {
    const bytes = Buffer.from(parts[2] ?? '', 'base64url').length;
    expect(bytes).toBe(algorithm === 'ES256' ? 64 : 256);
  });
});
