import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
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
  /** Answers requests for pages under a public domain: the public catalog. Without it, they are 404. */
  readonly publicPages?: RequestHandler;
}

/**
 * The pages under `/auth/`. Under a private domain, it is the console: every path that a browser opens answers with the
 * same page, which then shows the screen of that path. Under a public domain, it is the public catalog.
 *
 * Mount it at `/auth`, after the API and the endpoints for tokens. It answers GET and HEAD, and passes on what it does
 * not know.
 */
export function consolePages({ current, publicPages }: ConsoleOptions): Router {
  const router = Router({ caseSensitive: true });
  router.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next('router');
    if (!isPublic(request, current)) return next();
    if (publicPages === undefined) return next('router');
    return publicPages(request, response, (error?: unknown) => next(error ?? 'router'));
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

/** Browsers name text/html in Accept when they open a page. A path of the API or of the endpoints is never a page. */
function wantsPage(request: Request): boolean {
  if (/^\/(?:api|assets|token|forward|revoke|jwks)(?:\/|$)/i.test(request.path)) return false;
  return /\btext\/html\b|^$/.test(request.headers.accept ?? '');
}
