import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SignedToken } from '../../../src/token/signed-token.ts';

const base64url = fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/);

test('the members are those that JSON.stringify writes, whether they are built once or each time', () => {
  const fields = fc.record({
    parts: fc.tuple(base64url, base64url, base64url),
    lifetime: fc.nat(1_000_000),
    at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
    isShared: fc.boolean(),
  });
  fc.assert(
    fc.property(fields, ({ parts, lifetime, at, isShared }) => {
      const jwt = parts.join('.');
      const issuedAt = at.toISOString();
      const token = new SignedToken('id', jwt, lifetime, issuedAt, isShared);
      const plain = JSON.stringify({
        token: jwt,
        access_token: jwt,
        expires_in: lifetime,
        issued_at: issuedAt,
      });
      for (let time = 0; time < 2; time++) expect(`{${token.members}}`).toBe(plain);
    }),
  );
});
