import { ApiError, readProblem, unreachable } from './problem.ts';

/** The address of the API. It is on the origin of the console, so the browser sends the cookie of the session. */
export const apiBase = '/auth/api/v1';

/** A parameter of the query. Empty and undefined values are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** The ETag that the change is based on. If the resource has changed since, the server answers 412. */
  readonly etag?: string | undefined;
  /** Repeating a POST with the same key does nothing a second time. */
  readonly idempotencyKey?: string;
  /** True for a request that the page sends by itself. It does not prolong the session. */
  readonly background?: boolean;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly data: T;
  readonly etag: string | undefined;
  readonly status: number;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Called if the server says that the session has ended. */
type SessionEnd = () => void;
let onSessionEnd: SessionEnd = () => {};

/** Sets the function that is called if the session has ended. */
export function whenSessionEnds(callback: SessionEnd): void {
  onSessionEnd = callback;
}

/**
 * Calls the API.
 * @param path the path below {@link apiBase}. Build it with {@link pathTo}, so that names are encoded
 * @throws ApiError
 */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const { body, etag, idempotencyKey, background, signal } = options;
  const headers = new Headers({ Accept: 'application/json, application/problem+json' });
  // Each write needs this type, even if it has no body. A form of another site cannot send it.
  if (method !== 'GET') headers.set('Content-Type', 'application/json');
  if (etag !== undefined) headers.set('If-Match', etag);
  if (idempotencyKey !== undefined) headers.set('Idempotency-Key', idempotencyKey);
  if (background === true) headers.set(backgroundHeader, 'true');
  const response = await fetch(apiBase + path + queryText(options.query), {
    method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  });
  if (!response.ok) {
    const problem = await readProblem(response);
    if (problem.status === 401 && path !== '/session' && path !== '/setup') onSessionEnd();
    throw problem;
  }
  return {
    data: (response.status === 204 ? undefined : await readJson(response)) as T,
    etag: response.headers.get('ETag') ?? undefined,
    status: response.status,
  };
}

/** Marks a request that no person has caused. The server then does not prolong the session. */
const backgroundHeader = 'Dockpass-Background';

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new ApiError({
      status: response.status,
      code: 'unknown',
      message: 'The answer of the server is incomplete. Try again.',
    });
  }
}

/**
 * Joins the segments of a path and encodes them. A slash in a repository name becomes `%2F`.
 * @example pathTo('repositories', 'team/app') // '/repositories/team%2Fapp'
 */
export function pathTo(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

/** Formats a query, with its question mark. */
export function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** Creates a key for a POST, so that sending it again does nothing a second time. */
export function createIdempotencyKey(): string {
  // crypto.randomUUID does not exist on pages without TLS, but getRandomValues does.
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
