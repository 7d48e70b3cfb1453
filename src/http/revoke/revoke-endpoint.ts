import type { IncomingMessage, ServerResponse } from 'node:http';
import { DockpassError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import type { Log } from '../../observe/log.ts';
import { writeError } from '../error-response.ts';
import { readForm } from '../form-body.ts';
import { recordDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentServing } from '../serving.ts';
import type { Endpoint } from '../token/token-endpoint.ts';
import { clientName, single } from '../token/token-request.ts';

/**
 * `POST /auth/revoke` (RFC 7009). Clients are public, so the token itself is the proof; `token_type_hint` is not
 * needed to find it. An answer of 200 says that it is refused from the next request on.
 */
export function revokeEndpoint(serving: CurrentServing, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (request.method !== 'POST') {
        response.setHeader('Allow', 'POST');
        throw new DockpassError('method_not_allowed', 'revoke a refresh token with POST, as a form');
      }
      const { issuer, trusted } = serving();
      const { address, client } = readContext(request, trusted);
      const form = await readForm(request);
      const token = single(form, 'token');
      if (token === undefined) throw new DockpassError('bad_request', 'the form has no token to revoke');
      await issuer.sessions.end(new Secret(token), {
        address,
        name: clientName(single(form, 'client_id')) ?? client,
      });
      response.writeHead(200, { 'Content-Length': 0, 'Cache-Control': 'no-store' }).end();
    } catch (error) {
      writeError(request, response, recordDenial(request, error, serving().issuer.record), log);
    }
  };
  return (request, response) => void answer(request, response);
}
