import type { ServerResponse } from 'node:http';
import type { SignedToken } from '../token/sign.ts';

/**
 * The answer of the token specification and of RFC 6749 section 5.1 in one: `token` and `access_token` are the same.
 * Written by hand: every value is from an alphabet that JSON does not escape.
 */
export function writeToken(response: ServerResponse, token: SignedToken): void {
  const body = `{"token":"${token.jwt}","access_token":"${token.jwt}","expires_in":${token.expiresIn},"issued_at":"${token.issuedAt}"}`;
  response.writeHead(200, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    // RFC 6749 section 5.1
    'Cache-Control',
    'no-store',
  ]);
  response.end(body);
}
