import type { ServerResponse } from 'node:http';
import type { Secret } from '../../secret.ts';
import type { SignedToken } from '../../token/signed-token.ts';

/**
 * Writes a successful response (status 200), which contains the token.
 * @param more further members as JSON text, each with a comma before it
 */
export function writeToken(
  response: ServerResponse,
  token: SignedToken,
  refreshToken: Secret | undefined,
  more = '',
): void {
  const refresh = refreshToken === undefined ? '' : `,"refresh_token":"${refreshToken.reveal()}"`;
  const added = refresh + more;
  const body = added === '' ? token.response : `${token.response.slice(0, -1)}${added}}`;
  response.writeHead(200, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    // RFC 6749 section 5.1 requires `Cache-Control: no-store` for responses that contain tokens.
    'Cache-Control',
    'no-store',
  ]);
  // The body contains only ASCII characters. With the encoding latin1, Node does not check whether the body contains
  // other characters, so it sends the body faster.
  response.end(body, 'latin1');
}
