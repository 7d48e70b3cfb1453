import { DockpassError } from '../../errors.ts';
import { noteChangedDatabase } from '../running/changed-database.ts';
import { openConnection, type HttpAnswer } from './connection.ts';
import { Fields, unreadableAnswer } from './fields.ts';
import { parse, problemError, readProblem, type Problem } from './problem-error.ts';

/** What the client sends in the header `Authorization`, and where it comes from. */
export interface Authorization {
  /** The value of the header. */
  readonly header: string;
  /** For messages, such as `the token in DOCKPASS_TOKEN`. */
  readonly source: string;
  /** What to do if the server rejects it. */
  readonly hint: string;
}

export type Query = Readonly<Record<string, string | undefined>>;

export interface ApiRequest {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** False if the request changes nothing, although its method is not GET. */
  readonly isChange?: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  /** The members of the JSON body. Empty if the answer has no body. */
  readonly body: Fields;
}

/** A client of the administration API of one server. Each method may throw the error that the server reports. */
export interface ApiClient {
  /** The origin of the server, such as `https://registry.example.com`. */
  readonly origin: string;
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, request?: ApiRequest): Promise<ApiAnswer>;
  get(path: string, request?: ApiRequest): Promise<Fields>;
  /** Like `get`, but returns undefined if the server answers with one of these error codes. */
  find(path: string, missing: readonly string[], query?: Query): Promise<Fields | undefined>;
  /** Returns the items of all pages of a list. */
  list(path: string, query?: Query): Promise<Fields[]>;
  /** Returns the pages of a list. */
  pages(path: string, query?: Query): AsyncIterable<Fields>;
  close(): void;
}

/** The largest number of items that a page of a list can have. */
const pageSize = 1000;

/** Creates a client of the administration API of a server. */
export function openApi(server: URL, authorization: Authorization): ApiClient {
  const { origin } = server;
  const connection = openConnection(server);

  const request = async (
    method: string,
    path: string,
    { query = {}, body, signal }: ApiRequest,
  ): Promise<HttpAnswer> =>
    connection.send({
      method,
      path: `/auth/api/v1${path}${formatQuery(query)}`,
      headers: {
        Authorization: authorization.header,
        Accept: 'application/json, application/problem+json',
        'User-Agent': 'dockpass',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });

  /** Returns the error for an answer that is no success. */
  const errorOf = async (answer: HttpAnswer): Promise<DockpassError> => {
    const problem = readProblem(answer);
    if (problem === undefined) return foreignAnswer(origin, answer);
    if (answer.status === 401) return rejectedLogin(origin, authorization, problem);
    const error = problemError(problem);
    // A command and a server of different versions can disagree about the members of a request.
    if (problem.code !== 'bad_request' && problem.code !== 'not_found') return error;
    const { compareVersions } = await import('./compare-versions.ts');
    const difference = await compareVersions(async () => (await request('GET', '/me', {})).body, origin);
    return difference === undefined
      ? error
      : new DockpassError('server_version', `${error.message}\n${difference}`);
  };

  const get = async (path: string, options: ApiRequest = {}): Promise<Fields> => {
    const answer = await request('GET', path, options);
    if (answer.status !== 200) throw await errorOf(answer);
    return new Fields(parse(answer.body), origin);
  };

  async function* pages(path: string, query: Query = {}): AsyncGenerator<Fields> {
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page: Fields = await get(path, { query: { ...query, limit: String(pageSize), cursor } });
      yield page;
      cursor = page.textOrNull('next') ?? undefined;
      if (cursor !== undefined && seen.has(cursor)) throw unreadableAnswer(origin, 'next');
      if (cursor !== undefined) seen.add(cursor);
    } while (cursor !== undefined);
  }

  return {
    origin,
    get,
    find: async (path, missing, query = {}) => {
      const answer = await request('GET', path, { query });
      if (answer.status === 200) return new Fields(parse(answer.body), origin);
      if (missing.includes(readProblem(answer)?.code ?? '')) return undefined;
      throw await errorOf(answer);
    },
    send: async (method, path, options = {}) => {
      const answer = await request(method, path, options);
      if (answer.status < 200 || answer.status > 299) throw await errorOf(answer);
      if (options.isChange !== false) noteChangedDatabase(`that of ${origin}`);
      return {
        status: answer.status,
        body: new Fields(answer.body === '' ? {} : parse(answer.body), origin),
      };
    },
    pages,
    list: async (path, query = {}) => {
      const items: Fields[] = [];
      for await (const page of pages(path, query)) items.push(...page.objects('items'));
      return items;
    },
    close: () => connection.close(),
  };
}

/** Builds a path of the API. Each part is encoded, so that a name with a slash stays one part. */
export function pathOf(...parts: readonly string[]): string {
  // URLs cannot contain an empty part, `.` or `..`. No resource has such a name, and none has a name with a space.
  return parts.map((part) => `/${encodeURIComponent(/^\.{0,2}$/.test(part) ? `${part} ` : part)}`).join('');
}

function formatQuery(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function rejectedLogin(origin: string, { source, hint }: Authorization, problem: Problem): DockpassError {
  return new DockpassError(problem.code, `${origin} rejected ${source}: ${problem.detail}\n${hint}`);
}

/** Returns the error for an answer that does not come from the API, but for example from a reverse proxy. */
function foreignAnswer(origin: string, { status, headers }: HttpAnswer): DockpassError {
  const { location } = headers;
  if (status >= 300 && status < 400 && location !== undefined)
    return new DockpassError(
      'server_unreachable',
      `${origin} redirects to ${originOf(location, origin)}. dockpass follows no redirect, because it would send the token to another address. Use the other address if you trust it.`,
    );
  if (status === 404 || status === 405)
    return new DockpassError(
      'server_version',
      `${origin} has no administration API. Check the address: it must be a private domain of a dockpass server that is at least as new as this command, and the reverse proxy must send /auth/ to it.`,
    );
  return new DockpassError(
    'server_unreachable',
    `${origin} answered with status ${status}, and not as the administration API does. Check the address, and the reverse proxy in front of dockpass.`,
  );
}

function originOf(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).origin : 'another address';
}
