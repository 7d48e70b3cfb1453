import type { ServerResponse } from 'node:http';
import type { Secret } from '../../secret.ts';
import type { SignedToken } from '../../token/signed-token.ts';

/** Answers with the token. ASCII alone, which node sends faster when told so (latin1) than when it has to look. */
export function writeToken(
  response: ServerResponse,
  token: SignedToken,
  refreshToken: Secret | undefined,
): void {
  const refresh = refreshToken === undefined ? '' : `,"refresh_token":"${refreshToken.reveal()}"`;
  const body = `{${token.members}${refresh}}`;
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
