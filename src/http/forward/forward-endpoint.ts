import type { IncomingMessage, ServerResponse } from 'node:http';
import { DockpassError, type RequestErrorCode } from '../../errors.ts';
import { issueToken } from '../../issue-token.ts';
import type { Log } from '../../observe/log.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { bearerChallenge } from '../challenge.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { errorsOf, writeError } from '../error-response.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentState } from '../server-state.ts';
import { readForwardedRequest, type ForwardedRequest } from './forwarded-request.ts';
import { allow, asksForWrite, denyNginx, mayPass, type WritesGate } from './writes-gate.ts';

/**
 * Handles `/auth/forward`. The edge calls this endpoint before it passes on a registry request that has Basic
 * credentials. The endpoint issues a token, and the edge sends it to the registry in place of the credentials. Unlike
 * the token endpoint, this endpoint takes the scopes from the method and the path of the registry request, and issues
 * the token only if all these scopes are granted. A 200 response contains the token in its Authorization header, with
 * the scheme Bearer. Every other response has the status 401 or 403, because nginx's auth_request turns any other
 * status into 500. While writes are stopped, nginx also asks here about requests that could write.
 */
export function forwardEndpoint(currentState: CurrentState, gate: WritesGate, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const state = currentState();
    let forwarded: ForwardedRequest | undefined;
    try {
      if (asksForWrite(request)) {
        if (!(await mayPass(request, gate, log))) return denyNginx(response);
        // Without Basic credentials, nginx passes on the request as it is, and the registry checks its token.
        if (!/^basic /i.test(request.headers.authorization ?? '')) return allow(response);
      }
      const context = readContext(request, state);
      forwarded = readForwardedRequest(request, context, state.parsers.forwardedScopes);
      const { token } = await issueToken(
        {
          host: forwarded.host,
          address: context.address,
          client: context.client,
          credentials: basicCredentials(context.authorization),
          service: undefined,
          scopes: forwarded.scopes,
          offline: false,
          requireAll: true,
        },
        state.issuer,
      );
      response.writeHead(200, [
        'Authorization',
        `Bearer ${token.jwt}`,
        'Content-Length',
        '0',
        'Cache-Control',
        'no-store',
      ]);
      response.end();
    } catch (error) {
      answerFailure(response, log, () => {
        const denial = forEdge(toRecordedDenial(request, error, state.issuer.record), log);
        response.setHeader('X-Dockpass-Errors', toAsciiJson(errorsOf(denial)));
        writeError(request, response, denial, log, bearerChallenge(request, forwarded?.host, state.issuer));
      });
    }
  };
  return (request, response) => void answer(request, response);
}

/**
 * Converts a value to JSON that contains only printable ASCII, so that it can be sent in a header. The endpoint sends
 * its errors both in a header and in the body, because nginx's auth_request passes on the headers of a response but not
 * its body.
 */
function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const unauthorizedCodes: ReadonlySet<RequestErrorCode> = new Set([
  'login_required',
  'wrong_credentials',
  'jwt_rejected',
]);

/**
 * Converts a denial to an error with one of the two statuses that the edge can pass on: 401 if the request is malformed
 * or its credentials are missing or wrong, and 403 for all other denials. This function logs internal errors itself,
 * because `writeError` does not log an error with the status 403.
 */
function forEdge(denial: DockpassError<RequestErrorCode>, log: Log): DockpassError<RequestErrorCode> {
  if (denial.code === 'internal') log.error('/auth/forward failed because of an internal error', denial);
  if (unauthorizedCodes.has(denial.code)) return denial;
  const code =
    denial.code === 'bad_request' || denial.code === 'bad_host' ? 'wrong_credentials' : 'forbidden';
  const { message, retryAfter, auditId } = denial;
  return new DockpassError(code, message, { cause: denial, retryAfter, auditId });
}
