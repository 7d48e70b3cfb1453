import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SignedToken } from '../../../src/token/signed-token.ts';

const base64url = fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/);

test('the response is the text that JSON.stringify writes', () => {
  const fields = fc.record({
    parts: fc.tuple(base64url, base64url, base64url),
    lifetime: fc.nat(1_000_000),
    isShared: fc.boolean(),
    at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  });
  fc.assert(
    fc.property(fields, ({ parts, lifetime, isShared, at }) => {
      const jwt = parts.join('.');
      const issuedAt = at.toISOString();
      const token = new SignedToken('id', jwt, lifetime, issuedAt, isShared);
      const plain = JSON.stringify({
        token: jwt,
        access_token: jwt,
        expires_in: lifetime,
        issued_at: issuedAt,
      });
      // The text of a shared token is kept, so the second answer must be the same.
      expect([token.response, token.response]).toEqual([plain, plain]);
    }),
  );
});
