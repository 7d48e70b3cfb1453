import type { ServerResponse } from 'node:http';
import type { Secret } from '../identity/secret.ts';
import type { SignedToken } from '../token/sign.ts';

/**
 * The answer of the token specification and of RFC 6749 section 5.1 in one: `token` and `access_token` are the same.
 * Written by hand: every value is from an alphabet that JSON does not escape. All of it is ASCII, which node sends
 * faster when told so (latin1) than when it has to look.
 */
export function writeToken(
  response: ServerResponse,
  token: SignedToken,
  refreshToken: Secret | undefined,
): void {
  const refresh = refreshToken === undefined ? '' : `,"refresh_token":"${refreshToken.reveal()}"`;
  const body = `{"token":"${token.jwt}","access_token":"${token.jwt}","expires_in":${token.expiresIn},"issued_at":"${token.issuedAt}"${refresh}}`;
  response.writeHead(200, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    // RFC 6749 section 5.1
    'Cache-Control',
    'no-store',
  ]);
  response.end(body, 'latin1');
}
