/** The answer of a handler. The framework writes it as JSON. */
export interface Answer {
  readonly status: number;
  /** The JSON body. Undefined if the answer has no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body that is sent in pieces as text. `headers` must have the Content-Type. Not together with `body`. */
  readonly stream?: AsyncIterable<string>;
}

type Headers = Readonly<Record<string, string>>;

/** Status 200 with a JSON body. */
export function ok(body: unknown, headers: Headers = {}): Answer {
  return { status: 200, body, headers };
}

/**
 * Status 201 with the created resource.
 * @param location the path of the resource below the base path of the API, for example `/users/alice`. Encode the parts
 *   of the path with `encodeURIComponent`.
 */
export function created(location: string, body: unknown, headers: Headers = {}): Answer {
  return { status: 201, body, headers: { Location: `${basePath}${location}`, ...headers } };
}

/** Status 204 without a body. */
export function noContent(headers: Headers = {}): Answer {
  return { status: 204, headers };
}

/** Status 200 with one page of a list. @param next the cursor of the next page; null if this is the last page */
export function list(items: readonly unknown[], next: string | null = null): Answer {
  return ok({ items, next });
}

/**
 * Status 200 with a text that is sent in pieces, while it is made. If the client disconnects, the pieces end.
 * @param type the Content-Type
 */
export function streamed(type: string, stream: AsyncIterable<string>, headers: Headers = {}): Answer {
  return { status: 200, stream, headers: { 'Content-Type': type, ...headers } };
}

/** The base path of the API. */
export const basePath = '/auth/api/v1';
