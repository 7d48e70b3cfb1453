import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { DockpassError } from '../errors.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Log } from '../observe/log.ts';
import { writeError } from './error-response.ts';
import { publicKeys } from './public-keys.ts';
import type { Endpoint } from './token/token-endpoint.ts';

/** By path: what the server calls before it comes here. */
export type HotEndpoints = ReadonlyMap<string, Endpoint>;

export interface Endpoints {
  readonly hot: HotEndpoints;
  readonly keys: KeyRing;
}

/** The route table of everything under `/auth/`. */
export function createApp({ hot, keys }: Endpoints, log: Log): Endpoint {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  for (const [path, endpoint] of hot) app.all(path, endpoint);
  app.get('/auth/jwks', publicKeys(keys));
  app.all('/auth/jwks', refuseMethod);
  app.use((request: Request) => {
    throw new DockpassError(
      'not_found',
      `there is nothing at ${JSON.stringify(request.path.slice(0, 200))}; tokens are at /auth/token`,
    );
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    // express itself answers a path that does not decode with an error of its own.
    const malformed =
      error instanceof URIError
        ? new DockpassError('bad_request', 'the path is not valid percent-encoding')
        : error;
    writeError(request, response, malformed, log);
  });
  // Without a handler of ours express answers a target that it cannot parse (`http://[`) with a page of HTML.
  return (request, response) =>
    (app as unknown as Routed)(request, response, () => refuseTarget(request, response, log));
}

type Routed = (request: IncomingMessage, response: ServerResponse, unrouted: () => void) => void;

function refuseTarget(request: IncomingMessage, response: ServerResponse, log: Log): void {
  const refusal = new DockpassError('bad_request', 'the request target is neither a path nor a URL');
  writeError(request, response, refusal, log);
}

function refuseMethod(request: Request, response: Response): never {
  response.set('Allow', 'GET, HEAD');
  throw new DockpassError('method_not_allowed', `${request.method} is not allowed here`);
}
