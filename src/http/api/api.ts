import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, type NextFunction, type Request, type Response } from 'express';
import type { createImageRegistries } from '../../admin/images/image-registry.ts';
import { withActor } from '../../admin/people/actor.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import type { KeyRing } from '../../keys/key-ring.ts';
import type { Log } from '../../observe/log.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import type { Store } from '../../store/store.ts';
import { answerFailure } from '../endpoint.ts';
import { readContext, type RequestContext } from '../request-context.ts';
import type { WritesGate } from '../forward/writes-gate.ts';
import type { CurrentState } from '../server-state.ts';
import type { Answer } from './answer.ts';
import { findCaller, type AuthenticationParts } from './authentication.ts';
import { requireAccess, type Caller } from './caller.ts';
import type { EntryParts } from './entry/entry-parts.ts';
import { readJson, requireNoBody } from './input/body.ts';
import { readQuery } from './input/query.ts';
import { writeProblem } from './problem.ts';
import { findMoreGeneral, methodsOf } from './paths/overlapping-paths.ts';
import { createOperations, type Operations, type ServerHealth } from './operations.ts';
import type { Api, RawCall, Route } from './route.ts';
import { routes } from './routes.ts';
import { requireSameSite } from './writes/cross-site.ts';
import { requireMatch, withEtag } from './writes/etag.ts';
import { createRunOnce, type RunOnce } from './writes/idempotency.ts';

/** Everything that the API needs. src/app/server.ts creates it. */
export interface ApiParts extends AuthenticationParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: KeyRing;
  /** Returns the configuration in force. */
  readonly config: () => Config;
  readonly state: CurrentState;
  readonly entry: EntryParts;
  readonly health: ServerHealth;
  /** Decides about pushes while writes are stopped. Undefined in a server that only tests start. */
  readonly writes?: WritesGate;
}

/** What the API shares with the public catalog, because both cache what they read at the registry. */
export interface SharedParts {
  readonly images: ReturnType<typeof createImageRegistries>;
}

/** What all requests to one server share. */
interface Shared {
  readonly operations: Operations;
  readonly runOnce: RunOnce;
}

/** Creates the express router of the administration API. It answers every request, also those for unknown paths. */
export function createApi(parts: ApiParts & SharedParts): Router {
  const operations = createOperations(parts.health);
  const router = Router({ caseSensitive: true, strict: true });
  const runOnce = createRunOnce();
  router.use((request: Request, _response: Response, next: NextFunction) => {
    requirePrivateDomain(request, parts);
    next();
  });
  for (const [path, onPath] of Map.groupBy(routes, (route) => route.path)) {
    const expressPath = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const route of onPath)
      router[methodNames[route.method]](expressPath, (request: Request, response: Response) =>
        answerRequest(route, request, response, parts, { operations, runOnce }),
      );
    // `/trust/test` also fits `/trust/{name}`, which has other methods: a rule can have the name `test`.
    const onGeneralPaths = findMoreGeneral(routes, path);
    router.all(expressPath, (request: Request, response: Response, next: NextFunction) => {
      if (onGeneralPaths.some((route) => methodsOf(route).includes(request.method))) {
        next();
        return;
      }
      const allowed = [...onPath, ...onGeneralPaths].flatMap(methodsOf);
      response.set('Allow', allowed.join(', '));
      throw new DockpassError(
        'method_not_allowed',
        `${request.method} is not allowed here. Use ${allowed.join(', ')}.`,
      );
    });
  }
  router.use((request: Request) => {
    throw new DockpassError(
      'not_found',
      `the API has nothing at ${JSON.stringify(request.path.slice(0, 200))}. See GET /auth/api/v1/openapi.json.`,
    );
  });
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    // Express throws a URIError if it cannot decode the path of a request.
    const shown =
      error instanceof URIError
        ? new DockpassError(
            'bad_request',
            'the path contains invalid percent-encoding. Write a literal % as %25.',
          )
        : error;
    answerFailure(response, parts.log, () => writeProblem(request, response, shown, parts.log));
  });
  return router;
}

const methodNames = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Under a public domain, the API does not exist. @throws DockpassError `not_found` */
function requirePrivateDomain(request: Request, { state }: ApiParts): void {
  const current = state();
  const { host } = readContext(request, current, request.originalUrl);
  if (resolveRealm(host, current.issuer.realms).kind === 'private') return;
  throw new DockpassError(
    'not_found',
    'there is no administration API under a public domain. Use a private domain.',
  );
}

async function answerRequest(
  route: Route,
  request: Request,
  response: Response,
  parts: ApiParts & SharedParts,
  { operations, runOnce }: Shared,
): Promise<void> {
  const state = parts.state();
  const context = readContext(request, state, request.originalUrl);
  const caller = route.access === 'anyone' ? undefined : await findCaller(request, context, state, parts);
  if (caller !== undefined) {
    requireSameSite(request, caller);
    requireAccess(caller, route.access);
  }
  const call: RawCall = {
    caller,
    params: { ...request.params },
    query: readQuery(context.query),
    body: await bodyOf(route, request),
    context,
    headers: request.headers,
    api: createRequestApi(parts, state, context, caller, operations),
  };
  const answer = await runOnce(route, call, (call) => runRoute(route, call));
  await writeAnswer(request, response, answer, parts.log);
}

async function runRoute(route: Route, call: RawCall): Promise<Answer> {
  const resource = resources.get(route.etagOf ?? route.path);
  const checked = route.method === 'GET' ? call : await requireMatch(call, resource);
  return withEtag(route, resource, await route.run(checked));
}

/** The routes that read a resource with an ETag, by their paths. */
const resources: ReadonlyMap<string, Route> = new Map(
  routes
    .filter(({ method, etag }) => method === 'GET' && etag !== undefined && etag !== false)
    .map((route) => [route.path, route]),
);

async function bodyOf(route: Route, request: IncomingMessage): Promise<unknown> {
  if (route.method === 'GET') return undefined;
  if (route.body !== undefined) return readJson(request, route.method);
  await requireNoBody(request, route.method);
  return undefined;
}

function createRequestApi(
  { store, clock, config, keys, log, entry, images }: ApiParts & SharedParts,
  state: ReturnType<CurrentState>,
  { address }: RequestContext,
  caller: Caller | undefined,
  operations: Operations,
): Api {
  const client = caller === undefined ? 'api' : `${caller.through}: ${caller.subject.name}`;
  const inForce = config();
  return {
    store: withActor(store, { address, client }),
    clock,
    config: inForce,
    state,
    keys,
    log,
    entry,
    operations,
    images: () => images(inForce),
    identify: state.identify,
  };
}

async function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  log: Log,
): Promise<void> {
  const { status, body, headers, stream } = answer;
  if (stream !== undefined) return writeStream(request, response, { ...answer, stream }, log);
  const json = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...headers,
    ...(json && { 'Content-Type': 'application/json', 'Content-Length': json.length }),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(json);
}

/**
 * Sends the pieces of a stream as fast as the client receives them. If a piece cannot be made, the connection is
 * closed, so that the client notices that the text is not complete.
 */
async function writeStream(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, stream }: Answer & { readonly stream: AsyncIterable<string> },
  log: Log,
): Promise<void> {
  response.writeHead(status, {
    ...headers,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(stream, { highWaterMark: 1 }), response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    log.error(`the answer to ${request.method} ${request.url?.split('?')[0]} ended early`, error);
    response.destroy();
  }
}
