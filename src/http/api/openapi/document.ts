import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import type { ErrorCode } from '../../../errors.ts';
import { basePath } from '../answer.ts';
import type { Route } from '../route.ts';
import { statuses } from '../statuses.ts';

/**
 * Generates the OpenAPI 3.1 document of the API from the schemas that validate its requests.
 * @param version the version of dockpass
 * @param strict if true, answers may have only the members that the document names. Tests use this. Clients must accept
 *   other members, because later versions may add some
 */
export function createOpenApi(routes: readonly Route[], version: string, strict = false) {
  const paths = Map.groupBy(routes, ({ path }) => path);
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'dockpass administration API',
        version,
        description:
          'Manage users, groups, grants, tokens and robots of a dockpass installation. The API is served under private domains only.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: basePath }],
      security: [{ bearer: [] }, { basic: [] }, { console: [] }],
      tags: [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name })),
      paths: Object.fromEntries(
        [...paths].map(([path, onPath]) => [
          path,
          Object.fromEntries(onPath.map((route) => [route.method.toLowerCase(), operationOf(route, routes)])),
        ]),
      ),
      components: { securitySchemes },
    },
    {
      override: ({ jsonSchema, io }) => {
        if (io === 'output' && !strict && jsonSchema.additionalProperties === false)
          delete jsonSchema.additionalProperties;
      },
    },
  );
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token or the secret of a robot that was created with `--api`',
  },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'A name with a password, or with such a token',
  },
  console: { type: 'apiKey', in: 'cookie', name: '__Host-dockpass', description: 'A session of the console' },
} as const;

/** A problem document (RFC 9457). */
const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened, and what to do next' }),
    code: z.string().meta({ description: 'A code of docs/errors.md. Codes never change' }),
    id: z.string().optional().meta({ description: 'The id of the row in the audit log' }),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          pointer: z.string().meta({ description: 'A JSON pointer (RFC 6901) to the member' }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'Why a request was rejected (RFC 9457)' });

const writeHeaders = {
  ifMatch: z
    .string()
    .optional()
    .meta({ description: 'Do the change only if the resource still has this ETag' }),
  key: z
    .string()
    .max(255)
    .optional()
    .meta({ description: 'Makes a repeated request answer as before, for 24 hours' }),
};

function operationOf(route: Route, routes: readonly Route[]): ZodOpenApiOperationObject {
  const { method, path, tag, summary, access, body } = route;
  const hasEtag = resourceOf(route, routes) !== undefined;
  const header = {
    ...(hasEtag && method !== 'GET' && { 'If-Match': writeHeaders.ifMatch }),
    ...(method === 'POST' && access !== 'anyone' && { 'Idempotency-Key': writeHeaders.key }),
  };
  const content = body && { schema: body };
  return {
    operationId: operationIdOf(route),
    tags: [tag],
    summary,
    description: accessText[access],
    ...(access === 'anyone' && { security: [] }),
    requestParams: {
      ...(path.includes('{') && { path: route.params as z.ZodObject }),
      query: route.query as z.ZodObject,
      ...(Object.keys(header).length > 0 && { header: z.object(header) }),
    },
    ...(content && {
      requestBody: {
        required: !body?.safeParse({}).success,
        content: {
          'application/json': content,
          ...(method === 'PATCH' && { 'application/merge-patch+json': content }),
        },
      },
    }),
    responses: { ...answersOf(route, hasEtag), ...errorsOf(route, hasEtag) },
  };
}

const accessText = {
  anyone: 'Needs no login.',
  'signed in': 'For everyone who is logged in, also for robots and limited access tokens.',
  user: 'For users and administrators.',
  administrator: 'For administrators.',
} as const;

/** Finds the GET route whose ETag belongs to the resource of a route. */
function resourceOf({ etagOf, path }: Route, routes: readonly Route[]): Route | undefined {
  return routes.find(
    (route) => route.method === 'GET' && route.path === (etagOf ?? path) && Boolean(route.etag),
  );
}

/** Returns a name such as `getUsersByName`. */
export function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path.split(/[/.-]/).filter((word) => word !== '');
  const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return (
    method.toLowerCase() +
    words.map((word) => (word.startsWith('{') ? `By${upper(word.slice(1, -1))}` : upper(word))).join('')
  );
}

const location = z.string().meta({ description: 'The path of the created resource' });
const etag = z.string().meta({ description: 'The state of the resource, for If-Match' });

function answersOf(
  { answers, method, answerTypes = ['application/json'] }: Route,
  hasEtag: boolean,
): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      {
        description: descriptions[status] ?? 'Done',
        ...((status === '201' || (hasEtag && method === 'GET')) && {
          headers: status === '201' ? z.object({ Location: location }) : z.object({ ETag: etag }),
        }),
        ...(schema !== null && {
          content: Object.fromEntries(answerTypes.map((type) => [type, { schema }])),
        }),
      },
    ]),
  );
}

const descriptions: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Created',
  204: 'Done, without a body',
};

/** The codes that every route with a login can answer with. */
const loginCodes: readonly ErrorCode[] = [
  ...(['login_required', 'wrong_credentials', 'api_not_allowed', 'too_many_attempts', 'busy'] as const),
];

function errorsOf(route: Route, hasEtag: boolean): ZodOpenApiResponsesObject {
  const { method, access, body } = route;
  const isWrite = method !== 'GET';
  const codes: ErrorCode[] = [
    'bad_request',
    'not_found',
    'internal',
    'unavailable',
    ...(access === 'anyone' ? [] : loginCodes),
    ...(access === 'user' || access === 'administrator' ? (['forbidden'] as const) : []),
    ...(isWrite && access !== 'anyone' ? (['cross_site'] as const) : []),
    ...(isWrite || body ? (['body_too_large', 'unsupported_media_type'] as const) : []),
    ...(isWrite && hasEtag ? (['precondition_failed'] as const) : []),
    ...(method === 'POST' && access !== 'anyone' ? (['idempotency_key_reused'] as const) : []),
    ...(route.errors ?? []),
  ];
  const byStatus = Map.groupBy(new Set(codes), (code) => statuses[code] ?? 500);
  return Object.fromEntries(
    [...byStatus].map(([status, grouped]) => [
      status,
      {
        description: grouped.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
