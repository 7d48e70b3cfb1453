import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { ImageRegistry } from '../../admin/images/image-registry.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Identify } from '../../identity/federated/identify.ts';
import type { KeyRing } from '../../keys/key-ring.ts';
import type { Log } from '../../observe/log.ts';
import type { Store } from '../../store/store.ts';
import type { RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';
import type { Answer } from './answer.ts';
import type { Operations } from './operations.ts';
import type { Access, Caller } from './caller.ts';
import type { EntryParts } from './entry/entry-parts.ts';
import { validate } from './input/validate.ts';

export { created, list, noContent, ok, streamed, type Answer } from './answer.ts';
export type { Access, Caller } from './caller.ts';

/** What handlers use. It is created for each request. */
export interface Api {
  /** Records the actor of this request in the audit row of each change: `api: NAME` or `console: NAME`. */
  readonly store: Store;
  readonly clock: Clock;
  /** The configuration in force. It follows reloads. */
  readonly config: Config;
  readonly state: ServerState;
  readonly keys: KeyRing;
  readonly log: Log;
  readonly entry: EntryParts;
  readonly operations: Operations;
  /** Returns the registry of the configuration in force. */
  readonly images: () => ImageRegistry;
  /** Verifies a JWT and finds its trust rule, as a login does. */
  readonly identify: Identify;
}

/** A validated request, as a handler receives it. */
export interface Call<Params, Query, Body, Who = Caller> {
  /** Who sends the request. Undefined for a route with the access level `anyone`. */
  readonly caller: Who;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly context: RequestContext;
  /** The headers of the request. `context` has those that may come from a trusted proxy. */
  readonly headers: IncomingHttpHeaders;
  readonly api: Api;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the OpenAPI document says about a route. */
export interface RouteDescription {
  readonly method: Method;
  /** The path below the base path. Parameters are in braces: `/users/{name}`. */
  readonly path: string;
  /** The heading under which the OpenAPI document lists the route. */
  readonly tag: string;
  /** One line in the imperative: `Add a user`. */
  readonly summary: string;
  readonly access: Access;
  /** The schemas of the answers by status. `null` is an answer without a body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** The Content-Types of an answer that is not JSON. */
  readonly answerTypes?: readonly string[];
  /**
   * The codes of errors that only this route has. Those of all routes, such as `bad_request` and `login_required`, are
   * added by the framework.
   */
  readonly errors?: readonly ErrorCode[];
  /**
   * For a `GET`: the answer has an ETag, and the methods that write the same path check `If-Match`. The handler must
   * read through `api.store` only, because the check runs it again in the transaction of the write. `without` names
   * members that change with each use of the resource, such as `lastUsedAt`: they do not count.
   */
  readonly etag?: boolean | { readonly without: readonly string[] };
  /**
   * For a write: the path of the resource whose ETag `If-Match` names. Default: the path of the route, for example
   * `/users/{name}`. For `/groups/{name}/members/{user}`, it is `/groups/{name}`.
   */
  readonly etagOf?: string;
}

/** A route whose request is not validated yet. */
export interface Route extends RouteDescription {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Undefined if the route takes no body. */
  readonly body: z.ZodType | undefined;
  /**
   * Validates the parts of a request and calls the handler.
   * @throws InvalidInput, and the errors of the handler
   */
  run(request: RawCall): Promise<Answer>;
}

export type RawCall = Call<unknown, unknown, unknown, Caller | undefined>;

interface RouteSpec<A extends Access, Path extends string, Params, Query, Body> extends RouteDescription {
  readonly path: Path;
  readonly access: A;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly handle: (call: Call<Params, Query, Body, CallerOf<A>>) => Promise<Answer>;
}

type CallerOf<A extends Access> = A extends 'anyone' ? Caller | undefined : Caller;

/** The parameters in a path: `/users/{name}` has `{ name: string }`. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Readonly<Record<Name, string>> & PathParams<Rest>
  : unknown;

/**
 * Defines a route. The schemas validate the request before `handle` is called, and the OpenAPI document is generated
 * from them. Use `z.strictObject`, so that unknown members are rejected.
 */
export function defineRoute<
  A extends Access,
  Path extends string,
  Params = PathParams<Path>,
  Query = unknown,
  Body = undefined,
>(spec: RouteSpec<A, Path, Params, Query, Body>): Route {
  const params = spec.params ?? pathParams<Params>(spec.path);
  const query = spec.query ?? (z.strictObject({}) as unknown as z.ZodType<Query>);
  const { body } = spec;
  return {
    ...spec,
    params,
    query,
    body,
    run: async (request) => {
      const validated = validate({ params, query, ...(body && { body }) }, request);
      return spec.handle({
        ...request,
        // The access check runs before, so the caller is known unless the route is for anyone.
        caller: request.caller as CallerOf<A>,
        params: validated.params as Params,
        query: validated.query as Query,
        body: validated.body as Body,
      });
    },
  };
}

/** The longest path parameter in characters. The names of repositories have at most 255. */
const maxParamLength = 512;

function pathParams<Params>(path: string): z.ZodType<Params> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const shape = Object.fromEntries(names.map((name) => [name, z.string().min(1).max(maxParamLength)]));
  return z.strictObject(shape) as unknown as z.ZodType<Params>;
}
