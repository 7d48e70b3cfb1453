import type { IncomingMessage, ServerResponse } from 'node:http';
import { DockpassError, type RequestErrorCode } from '../../errors.ts';
import { issueToken, type Issuer } from '../../issue-token.ts';
import type { Log } from '../../observe/log.ts';
import { formatHost } from '../../net/host.ts';
import { basicCredentials } from '../basic-credentials.ts';
import type { Endpoint } from '../endpoint.ts';
import { errorsOf, writeError } from '../error-response.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentState } from '../server-state.ts';
import { readForwardedRequest, type ForwardedRequest } from './forwarded-request.ts';

/**
 * `/auth/forward`: the edge asks it about each registry request that has Basic credentials. The endpoint issues a token
 * like the token endpoint, but takes the scopes from the method and the path of the registry request, and requires all
 * of them. A 200 response has `Authorization: Bearer …` for that one request. Every other response is 401 or 403,
 * because nginx's auth_request turns any other status into 500.
 */
export function forwardEndpoint(currentState: CurrentState, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const state = currentState();
    let forwarded: ForwardedRequest | undefined;
    try {
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
      const denial = forEdge(toRecordedDenial(request, error, state.issuer.record), log);
      response.setHeader('X-Dockpass-Errors', toAsciiJson(errorsOf(denial)));
      writeError(request, response, denial, log, challengeFor(request, forwarded, state.issuer));
    }
  };
  return (request, response) => void answer(request, response);
}

/**
 * Names the token endpoint under the address that the client knows. The edge sends our 401 on as if it came from the
 * registry. Clients expect exactly one challenge there, with the scheme Bearer: a second challenge or another scheme
 * breaks anonymous pulls.
 */
function challengeFor(
  request: IncomingMessage,
  forwarded: ForwardedRequest | undefined,
  { realms, service }: Issuer,
): string {
  if (forwarded === undefined) return `Bearer service="${service}"`;
  const scheme = request.headers['x-forwarded-proto'] === 'http' ? 'http' : 'https';
  const realm = `${scheme}://${formatHost(realms.externalHost ?? forwarded.host)}/auth/token`;
  return `Bearer realm="${realm}",service="${service}"`;
}

/**
 * Converts to JSON in printable ASCII, as a header value has to be. The errors are sent in a header too, because nginx's
 * auth_request passes on the headers of a response but not its body.
 */
function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Reduces the denial to the two statuses that the edge can pass on: 401 for missing, wrong or unreadable credentials,
 * 403 for everything else. An internal error is logged here, because as a 403 it would not be logged later.
 */
function forEdge(denial: DockpassError<RequestErrorCode>, log: Log): DockpassError<RequestErrorCode> {
  if (denial.code === 'internal') log.error('/auth/forward failed because of an internal error', denial);
  if (denial.code === 'login_required' || denial.code === 'wrong_credentials') return denial;
  const code =
    denial.code === 'bad_request' || denial.code === 'bad_host' ? 'wrong_credentials' : 'forbidden';
  const { message, retryAfter, auditId } = denial;
  return new DockpassError(code, message, { cause: denial, retryAfter, auditId });
}
