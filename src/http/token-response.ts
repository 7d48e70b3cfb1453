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
  const body = refreshToken === undefined ? sharedBody(token) : bodyOf(token, refreshToken);
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

/** A token that many share is written many times: its body is put together once, in one piece. */
const bodies = new WeakMap<SignedToken, string>();

function sharedBody(token: SignedToken): string {
  let body = bodies.get(token);
  if (body === undefined) {
    // Through a buffer, because V8 would keep the pieces and join them again with every write.
    body = Buffer.from(bodyOf(token, undefined), 'latin1').toString('latin1');
    bodies.set(token, body);
  }
  return body;
}

function bodyOf(token: SignedToken, refreshToken: Secret | undefined): string {
  const refresh = refreshToken === undefined ? '' : `,"refresh_token":"${refreshToken.reveal()}"`;
  return `{"token":"${token.jwt}","access_token":"${token.jwt}","expires_in":${token.expiresIn},"issued_at":"${token.issuedAt}"${refresh}}`;
}
