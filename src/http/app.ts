import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { DockpassError, importLate, toRequestError } from '../errors.ts';
import { retryable } from '../cache/retryable.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Log } from '../observe/log.ts';
import { basePath } from './api/answer.ts';
import type { ApiParts, SharedParts } from './api/api.ts';
import { consolePages } from './console/console-pages.ts';
import { answerFailure, type Endpoint } from './endpoint.ts';
import { writeError } from './error-response.ts';
import { publicKeys } from './public-keys.ts';

/**
 * The endpoints that router.ts calls directly, without express. The key is the path; the path of a request must be
 * exactly equal to it.
 */
export type DirectEndpoints = ReadonlyMap<string, Endpoint>;

export interface Endpoints {
  readonly direct: DirectEndpoints;
  readonly keys: KeyRing;
  /** What the API and the console need. Undefined in a server without both, which only tests start. */
  readonly api?: ApiParts;
  /** Returns what the API, the public catalog and the list of repositories share. It is created with the first call. */
  readonly shared?: () => Promise<SharedParts>;
}

/** The paths of the public catalog. Under a private domain, other parts answer them. */
const catalogPaths = /^\/auth\/(?:$|repositories\/|robots\.txt$|catalog\.(?:css|svg)$)/;

/** Creates the express application with all routes under `/auth/`. */
export function createApp({ direct, keys, api, shared }: Endpoints, log: Log): Endpoint {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  // If the path of a request is exactly equal to the path of one of these endpoints, router.ts calls the endpoint and
  // express never receives the request. Express receives the request if the path is written differently, for example in
  // upper case.
  for (const [path, endpoint] of direct) app.all(path, endpoint);
  app.get('/auth/jwks', publicKeys(keys));
  app.all('/auth/jwks', rejectMethod);
  if (api !== undefined && shared !== undefined) {
    app.use(
      basePath,
      loadLate(async () => {
        const { createApi } = await importLate(() => import('./api/api.ts'));
        return createApi({ ...api, ...(await shared()) });
      }),
    );
    app.all(
      catalogPaths,
      loadLate(async () => {
        const { createCatalog } = await importLate(() => import('./catalog/catalog.ts'));
        const answer = createCatalog({ ...api, ...(await shared()) });
        return async (request, response, next) => {
          if (!(await answer(request, response))) next();
        };
      }),
    );
    app.use('/auth', consolePages({ current: api.state }));
  }
  app.use((request: Request) => {
    throw new DockpassError(
      'not_found',
      `there is nothing at ${JSON.stringify(request.path.slice(0, 200))}. Request tokens at /auth/token.`,
    );
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    // Express throws a URIError if it cannot decode the path of a request.
    const requestError =
      error instanceof URIError
        ? new DockpassError(
            'bad_request',
            'the path contains invalid percent-encoding. Write a literal % as %25.',
          )
        : toRequestError(error);
    writeError(request, response, requestError, log);
  });
  // If express cannot parse the URL of a request (for example `http://[`), express calls this last handler.
  // Without the handler, express would send an HTML page.
  return (request, response) =>
    (app as unknown as ExpressHandler)(request, response, () => rejectTarget(request, response, log));
}

/**
 * Loads a part of the application with its first request, because servers that only publish their keys here do not need
 * it. If it cannot be loaded, that request is answered with 503, and the next one tries again.
 */
function loadLate(load: () => Promise<RequestHandler>): RequestHandler {
  const loaded = retryable(load);
  return async (request, response, next) => (await loaded())(request, response, next);
}

type ExpressHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

function rejectTarget(request: IncomingMessage, response: ServerResponse, log: Log): void {
  const error = new DockpassError(
    'bad_request',
    'the request target is neither a path nor a URL. Send a path that begins with a slash.',
  );
  answerFailure(response, log, () => writeError(request, response, error, log));
}

function rejectMethod(request: Request, response: Response): never {
  response.set('Allow', 'GET, HEAD');
  throw new DockpassError(
    'method_not_allowed',
    `${request.method} is not allowed for /auth/jwks. Use GET or HEAD.`,
  );
}
