import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../../errors.ts';
import { parseHost, type Host } from '../../net/host.ts';
import { scopesForRoute } from '../../scope/registry-route.ts';
import { formatScope } from '../../scope/scope.ts';
import type { RequestContext } from '../request-context.ts';
import type { RequestParsers } from '../server-state.ts';

/** The request that a client sent to the edge. The edge describes it in headers when it calls `/auth/forward`. */
export interface ForwardedRequest {
  readonly host: Host;
  /** The scopes that the request needs, in the syntax of the `scope` parameter of `/auth/token`. */
  readonly scopes: readonly string[];
}

/**
 * Reads the headers in which the edge describes the client's request.
 * @param scopesOf `scopesOfForwardedRequest` or a cached version of it
 * @throws DockpassError `forbidden`, `bad_request`, `bad_host`
 */
export function readForwardedRequest(
  request: IncomingMessage,
  context: RequestContext,
  scopesOf: RequestParsers['forwardedScopes'],
): ForwardedRequest {
  const method = singleHeader(request, 'x-forwarded-method');
  const target = singleHeader(request, 'x-forwarded-uri');
  if (method === undefined || target === undefined) {
    throw new DockpassError(
      'forbidden',
      'the edge did not send X-Forwarded-Method and X-Forwarded-Uri. Use the edge configuration that "dockpass init" writes.',
    );
  }
  const scopes = scopesOf(`${method}\n${target}`);
  if (scopes === undefined) {
    throw new DockpassError(
      'forbidden',
      `the registry does not serve ${describeRequest(method, target)}. Check the method and the path of the request.`,
    );
  }
  const host = context.peerIsTrusted ? singleHeader(request, 'x-forwarded-host') : undefined;
  return { host: host === undefined ? context.host : parseHost(host), scopes };
}

/**
 * Returns the scopes that a registry request needs, or undefined if the registry does not serve the request.
 * @param request the method and the request target, separated by a line feed. Both are values of headers, which cannot
 *   contain a line feed. So the text contains no other line feed
 */
export function scopesOfForwardedRequest(request: string): readonly string[] | undefined {
  const end = request.indexOf('\n');
  return scopesForRoute(request.slice(0, end), request.slice(end + 1))?.map(formatScope);
}

/**
 * Describes a request for an error message. The query is left out, because it can contain secrets. If the method or the
 * path is malformed, both are left out.
 */
function describeRequest(method: string, target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  const isRequest = /^[A-Z]{1,20}$/.test(method) && path.startsWith('/');
  return isRequest ? `${method} ${JSON.stringify(path.slice(0, 120))}` : 'this request';
}

/**
 * Reads a header that only the edge may set. If the request has two headers with this name, the request is rejected,
 * because one of the two headers must come from the client.
 */
function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const joined = request.headers[name];
  // Node joins repeated headers with a comma. A value without a comma comes from a single header, so it is not
  // necessary to read headersDistinct, which is slower.
  if (typeof joined === 'string' && !joined.includes(',')) return joined;
  const values = request.headersDistinct[name] ?? [];
  if (values.length > 1)
    throw new DockpassError(
      'bad_request',
      `the request has more than one ${name} header. Configure the edge to replace the ${name} header that clients send.`,
    );
  return values[0];
}
