import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeToken } from '../../../../src/http/token/token-response.ts';
import { Secret } from '../../../../src/secret.ts';
import { SignedToken } from '../../../../src/token/signed-token.ts';

const base64url = fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/);
const refreshToken = fc.option(
  base64url.map((text) => `dpi_${text}`),
  { nil: undefined },
);

test('the body is what JSON.stringify writes, with its length in bytes', () => {
  fc.assert(
    fc.property(base64url, fc.nat(), refreshToken, fc.boolean(), (jwt, lifetime, refresh, isShared) => {
      const issuedAt = '2026-03-01T12:00:00Z';
      const token = new SignedToken('id', jwt, lifetime, issuedAt, isShared);
      const written: unknown[] = [];
      const response = {
        writeHead: (...head: unknown[]) => written.push(head),
        end: (body: string, encoding: BufferEncoding) => written.push(Buffer.from(body, encoding).toString()),
      };
      writeToken(
        response as unknown as ServerResponse,
        token,
        refresh === undefined ? undefined : new Secret(refresh),
      );
      const body = JSON.stringify({
        token: jwt,
        access_token: jwt,
        expires_in: lifetime,
        issued_at: issuedAt,
        refresh_token: refresh,
      });
      const headers = ['Content-Length', String(Buffer.byteLength(body)), 'Cache-Control', 'no-store'];
      expect(written).toStrictEqual([[200, ['Content-Type', 'application/json', ...headers]], body]);
    }),
  );
});
