/** One invalid member of a request body: a JSON pointer (RFC 6901) and what is wrong. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** The body of an error response, RFC 9457. */
interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly Partial<FieldProblem>[];
}

interface ApiErrorParts {
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** A code of docs/errors.md, or `unreachable` if there was no answer. */
  readonly code: string;
  /** What happened, and what to do next. */
  readonly message: string;
  readonly fields?: readonly FieldProblem[];
  /** Seconds until the server accepts another attempt. */
  readonly retryAfter?: number | undefined;
}

/** A request that the server rejected, or that did not reach it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfter: number | undefined;

  constructor({ status, code, message, fields = [], retryAfter }: ApiErrorParts) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }
}

/** Reads the error from a response. The response may come from a proxy and be no JSON. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const detail =
    body.detail ??
    body.title ??
    `The server answered with status ${response.status}. Try again. If it happens again, read the log of the server.`;
  return new ApiError({
    status: response.status,
    code: body.code ?? 'unknown',
    message: sentence(detail),
    // Errors of a query have no pointer into a body.
    fields: (body.errors ?? []).map(({ pointer = '', detail = '' }) => ({ pointer, detail })),
    retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
  });
}

/** Creates the error of a request without an answer. */
export function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    code: 'unreachable',
    message:
      'The server does not answer. Check your network connection, and that dockpass runs. Then try again.',
  });
}

/** Messages of the server begin in lower case, because the command line prints them after a colon. */
function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
