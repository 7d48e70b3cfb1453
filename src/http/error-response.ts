import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DockpassError, RequestErrorCode } from '../errors.ts';
import type { Log } from '../observe/log.ts';

interface HttpError {
  readonly status: number;
  /**
   * The error code for registry clients. It comes from the list at
   * https://distribution.github.io/distribution/spec/api/#errors-2 unless no code in that list fits.
   */
  readonly registry: string;
  /** The error code for clients that send the OAuth2 form (RFC 6749 section 5.2). */
  readonly oauth: string;
}

/**
 * The header of answers to requests whose body has not arrived completely. Caddy closes the connection of the client if
 * it sees this header (src/edge/caddy/caddy.ts).
 */
export const incompleteHeader = { name: 'X-Dockpass-Request', value: 'incomplete' } as const;

/** Maps each error code to its HTTP status and to the error codes of the two protocols. */
const httpErrors: Readonly<Record<RequestErrorCode, HttpError>> = {
  bad_request: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  bad_host: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  bad_scope: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_scope' },
  wrong_service: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  wrong_account: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  unsupported_grant_type: { status: 400, registry: 'UNSUPPORTED', oauth: 'unsupported_grant_type' },
  // The OAuth2 code unsupported_token_type is defined in RFC 7009 section 2.2.1.
  unsupported_token_type: { status: 400, registry: 'UNSUPPORTED', oauth: 'unsupported_token_type' },
  // For an invalid refresh token, RFC 6749 requires the status 400. dockpass sends 401, because clients log in again
  // only after a 401 response (docs/adr/0009-refused-refresh-token-is-401.md).
  invalid_grant: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  // RFC 8693 section 2.2.2 defines invalid_target, and requires invalid_request for a subject token that is not valid.
  invalid_target: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_target' },
  invalid_subject_token: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  login_required: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  wrong_credentials: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  jwt_rejected: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  forbidden: { status: 403, registry: 'DENIED', oauth: 'access_denied' },
  immutable_tag: { status: 403, registry: 'DENIED', oauth: 'access_denied' },
  not_found: { status: 404, registry: 'NOT_FOUND', oauth: 'invalid_request' },
  method_not_allowed: { status: 405, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  body_too_large: { status: 413, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  unsupported_media_type: { status: 415, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  too_many_attempts: { status: 429, registry: 'TOOMANYREQUESTS', oauth: 'temporarily_unavailable' },
  busy: { status: 503, registry: 'UNAVAILABLE', oauth: 'temporarily_unavailable' },
  unavailable: { status: 503, registry: 'UNAVAILABLE', oauth: 'temporarily_unavailable' },
  internal: { status: 500, registry: 'UNKNOWN', oauth: 'server_error' },
};

/**
 * The errors of a login whose response also has its message in `details`, as responses of Docker Hub do. At a login to
 * localhost or to an insecure registry, Docker 29 recognizes a wrong password only by this member. Without it, Docker 29
 * tries plain HTTP next, and prints the error of that attempt.
 */
const failedLogins: ReadonlySet<RequestErrorCode> = new Set(['wrong_credentials', 'jwt_rejected']);

/**
 * Writes an error response.
 * @param error an error whose message the client may see. Convert any other error with `toRequestError` first
 * @param challenge the value of the WWW-Authenticate header, which is sent only with the status 401
 */
export function writeError(
  request: IncomingMessage,
  response: ServerResponse,
  error: DockpassError<RequestErrorCode>,
  log: Log,
  challenge = 'Basic realm="dockpass", charset="UTF-8"',
): void {
  const { status, oauth } = httpErrors[error.code];
  // Errors with the code `busy` are not logged, so that a flood of logins does not fill the log. The audit log and the
  // metrics count them. If the audit log says what happened, the log does not repeat it.
  if (status >= 500 && error.code !== 'busy' && error.auditDetail === undefined)
    log.error(`${request.method} request failed with status ${status}`, error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // Docker prints errors[0].message. OAuth2 clients read error and error_description (RFC 6749 section 5.2).
  const body = JSON.stringify({
    errors: errorsOf(error),
    ...(failedLogins.has(error.code) && { details: error.message }),
    ...(request.method === 'POST' && { error: oauth, error_description: error.message }),
  });
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(status === 401 && { 'WWW-Authenticate': challenge }),
    ...(status === 405 && !response.hasHeader('Allow') && { Allow: 'GET, HEAD, POST' }),
    ...(error.retryAfter !== undefined && { 'Retry-After': error.retryAfter }),
    // If the request body was not read to its end, the connection cannot be used for another request, so it is closed.
    ...(!request.complete && { Connection: 'close', [incompleteHeader.name]: incompleteHeader.value }),
  });
  // Node joins a body that is a string with the headers and encodes both as UTF-8. This would damage the challenge,
  // which can contain UTF-8 bytes already. Therefore the body is a Buffer.
  response.end(Buffer.from(body));
}

/**
 * Returns the `errors` member of an error response, in the format that registries use
 * (https://distribution.github.io/distribution/spec/api/#errors).
 */
export function errorsOf({ code, message, auditId }: DockpassError<RequestErrorCode>): readonly object[] {
  return [{ code: httpErrors[code].registry, message, detail: { code, id: auditId } }];
}
