import type { IncomingMessage, ServerResponse } from 'node:http';
import { scopesForRoute } from '../../scope/registry-route.ts';
import { endFailedRequest, type Endpoint } from '../endpoint.ts';
import type { Log } from '../../observe/log.ts';
import { writesHeader } from '../../writes/names.ts';

/**
 * Decides about requests that could write, while writes are stopped. The edge asks only then: it looks for a file
 * (src/writes/names.ts), so a request needs no question at any other time.
 */
export interface WritesGate {
  /**
   * Returns whether the edge may pass on a request that could write to this repository. Undefined if no garbage
   * collection of this process waits for pushes: then no such request is passed on.
   */
  mayWrite: ((repository: string) => Promise<boolean>) | undefined;
}

/** How many seconds a client should wait before it tries again. */
const retryAfter = 60;

const stoppedErrors = JSON.stringify([
  {
    code: 'UNAVAILABLE',
    message:
      'garbage collection is running, so the registry accepts no new pushes. Pulls work. Try again in a few minutes.',
  },
]);

/** Returns true if the edge asks whether it may pass on a request that could write, in the way of nginx. */
export function asksForWrite(request: IncomingMessage): boolean {
  return request.headers[writesHeader.toLowerCase()] !== undefined;
}

/** Returns whether the edge may pass on the request. If that cannot be found out, the result is false. Never throws. */
export async function mayPass(
  { headers }: { readonly headers: { readonly [name: string]: string | readonly string[] | undefined } },
  { mayWrite }: WritesGate,
  log: Log,
): Promise<boolean> {
  const { 'x-forwarded-method': method, 'x-forwarded-uri': target } = headers;
  if (mayWrite === undefined || typeof method !== 'string' || typeof target !== 'string') return false;
  const scope = scopesForRoute(method, target)?.find(({ type }) => type === 'repository');
  try {
    return scope !== undefined && (await mayWrite(scope.name));
  } catch (error) {
    log.error('cannot find out whether a push has begun, so it has to wait', error);
    return false;
  }
}

/** Answers nginx, which can pass on only the statuses 401 and 403, and no body. nginx makes it a 503 again. */
export function denyNginx(response: ServerResponse): void {
  response.setHeader(writesHeader, 'stopped');
  response.setHeader('X-Dockpass-Errors', stoppedErrors);
  deny(response, 403);
}

/**
 * Handles `/auth/forward/writes`: Caddy and Traefik ask here whether they may pass on a request that could write. 200
 * means yes. They pass on any other answer to the client.
 */
export function writesEndpoint(gate: WritesGate, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await mayPass(request, gate, log)) allow(response);
    else deny(response, 503);
  };
  return (request, response) =>
    void answer(request, response).catch((error: unknown) => endFailedRequest(response, error, log));
}

export function allow(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': 0, 'Cache-Control': 'no-store' });
  response.end();
}

/** Denies a request that could write, because writes are stopped. */
export function denyStopped(response: ServerResponse): void {
  deny(response, 503);
}

function deny(response: ServerResponse, status: 403 | 503): void {
  const body = `{"errors":${stoppedErrors}}`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Retry-After': retryAfter,
  });
  response.end(body);
}
