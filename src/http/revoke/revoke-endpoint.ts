import type { IncomingMessage, ServerResponse } from 'node:http';
import { DockpassError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import type { Log } from '../../observe/log.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { readForm } from '../form-body.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentState } from '../server-state.ts';
import { printableClientName, singleParameter } from '../token/token-parameters.ts';

/**
 * Handles `POST /auth/revoke` (RFC 7009). Clients have no credentials of their own (they are public clients), so anyone
 * who has a token can revoke it. The parameter `token_type_hint` is ignored, because only refresh tokens can be
 * revoked. After the client has received the response 200, dockpass denies every request with the revoked token.
 */
export function revokeEndpoint(currentState: CurrentState, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const state = currentState();
    try {
      if (request.method !== 'POST') {
        response.setHeader('Allow', 'POST');
        throw new DockpassError(
          'method_not_allowed',
          'this endpoint accepts only POST. Send the refresh token as a form with POST.',
        );
      }
      const { address, client } = readContext(request, state);
      const form = await readForm(request);
      const token = singleParameter(form, 'token');
      if (token === undefined)
        throw new DockpassError(
          'bad_request',
          'the form has no parameter named "token". Send the refresh token in this parameter.',
        );
      await state.issuer.sessions.end(new Secret(token), {
        address,
        name: printableClientName(singleParameter(form, 'client_id')) ?? client,
      });
      response.writeHead(200, { 'Content-Length': 0, 'Cache-Control': 'no-store' }).end();
    } catch (error) {
      answerFailure(response, log, () =>
        writeError(request, response, toRecordedDenial(request, error, state.issuer.record), log),
      );
    }
  };
  return (request, response) => void answer(request, response);
}
