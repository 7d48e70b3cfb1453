import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SignedToken } from '../../../src/token/signed-token.ts';

const base64url = fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/);

test('the members are those that JSON.stringify writes', () => {
  const fields = fc.record({
    parts: fc.tuple(base64url, base64url, base64url),
    lifetime: fc.nat(1_000_000),
    at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  });
  fc.assert(
    fc.property(fields, ({ parts, lifetime, at }) => {
      const jwt = parts.join('.');
      const issuedAt = at.toISOString();
      const token = new SignedToken('id', jwt, lifetime, issuedAt);
      const plain = JSON.stringify({
        token: jwt,
        access_token: jwt,
        expires_in: lifetime,
        issued_at: issuedAt,
      });
      expect(`{${token.members}}`).toBe(plain);
    }),
  );
});
