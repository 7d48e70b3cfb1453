import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { DockpassError } from '../../../errors.ts';
import type { Caller } from '../caller.ts';
import { isJson } from '../input/body.ts';

/**
 * Rejects a request that writes and comes with the cookie of the console, unless a page of the console sent it. A page
 * of another site cannot set Sec-Fetch-Site, and cannot send JSON without asking with a CORS preflight first.
 * @throws DockpassError `cross_site`
 */
export function requireSameSite(request: IncomingMessage, { through }: Pick<Caller, 'through'>): void {
  if (through === 'api' || request.method === 'GET' || request.method === 'HEAD') return;
  if (request.headers['sec-fetch-site'] === 'same-origin' && isJson(request)) return;
  throw new DockpassError(
    'cross_site',
    'a request that writes and has the cookie of the console needs Sec-Fetch-Site: same-origin and Content-Type: application/json. Programs send an access token in the Authorization header instead.',
  );
}

/**
 * Rejects a request that a page of another site sent. For requests that need no login, so that no page can sign people
 * in to an account of its own. Programs do not send the header.
 * @throws DockpassError `cross_site`
 */
export function requireNoOtherSite(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin') return;
  throw new DockpassError(
    'cross_site',
    'a page of another site sent this request. Open the console of dockpass itself, and try again there.',
  );
}
