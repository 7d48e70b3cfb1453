import { Router, type NextFunction, type Request, type Response } from 'express';
import { formatHost } from '../../net/host.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import { readContext } from '../request-context.ts';
import type { CurrentState } from '../server-state.ts';
import { sendAsset, sendIndex } from './assets.ts';
import { renderHttpsPage } from './https-page.ts';
import { isPlainHttp } from './plain-http.ts';
import { securityHeaders } from './security-headers.ts';

export interface ConsoleOptions {
  readonly current: CurrentState;
}

/**
 * The pages under `/auth/`. Under a private domain, it is the console: every path that a browser opens answers with the
 * same page, which then shows the screen of that path. There is no console under a public domain.
 *
 * Mount it at `/auth`, after the API and the endpoints for tokens. It answers GET and HEAD, and passes on what it does
 * not know.
 */
export function consolePages({ current }: ConsoleOptions): Router {
  const router = Router({ caseSensitive: true });
  router.use((request, _response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next('router');
    return isPublic(request, current) ? next('router') : next();
  });
  router.get('/assets/:name', securityHeaders, sendAsset);
  router.use((request, response, next) => {
    if (!wantsPage(request)) return next('router');
    return securityHeaders(request, response, next);
  });
  router.use((request: Request, response: Response, next: NextFunction) => {
    if (!isPlainHttp(request, current())) return next();
    const page = Buffer.from(renderHttpsPage(formatHost(readContext(request, current()).host)));
    response.set({ 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    response.set('Content-Length', String(page.length));
    response.end(request.method === 'HEAD' ? undefined : page);
  });
  router.use(sendIndex);
  return router;
}

function isPublic(request: Request, current: CurrentState): boolean {
  const state = current();
  return resolveRealm(readContext(request, state).host, state.issuer.realms).kind === 'public';
}

/**
 * Browsers name text/html in Accept when they open a page. The start page also answers programs that accept everything.
 * A path of the API or of the endpoints is never a page.
 */
function wantsPage(request: Request): boolean {
  if (/^\/(?:api|assets|token|forward|revoke|jwks)(?:\/|$)/i.test(request.path)) return false;
  const { accept = '*/*' } = request.headers;
  return request.path === '/' ? /\btext\/(?:html|\*)|\*\/\*/.test(accept) : /\btext\/html\b/.test(accept);
}
