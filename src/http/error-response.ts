import type { IncomingMessage, ServerResponse } from 'node:http';
import { toRequestError, type RequestErrorCode } from '../errors.ts';
import type { Log } from '../observe/log.ts';

interface HttpError {
  readonly status: number;
  /** https://distribution.github.io/distribution/spec/api/#errors-2 where it has one that fits. */
  readonly registry: string;
  /** RFC 6749 section 5.2, for the OAuth2 form. */
  readonly oauth: string;
}

/** The one place that turns a refusal into HTTP. */
const httpErrors: Readonly<Record<RequestErrorCode, HttpError>> = {
  bad_request: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  bad_host: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  bad_scope: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_scope' },
  wrong_service: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  wrong_account: { status: 400, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  unsupported_grant_type: { status: 400, registry: 'UNSUPPORTED', oauth: 'unsupported_grant_type' },
  // RFC 7009 section 2.2.1
  unsupported_token_type: { status: 400, registry: 'UNSUPPORTED', oauth: 'unsupported_token_type' },
  // RFC 6749 says 400; the clients decide otherwise: docs/adr/0009-refused-refresh-token-is-401.md
  invalid_grant: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  login_required: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  wrong_credentials: { status: 401, registry: 'UNAUTHORIZED', oauth: 'invalid_grant' },
  forbidden: { status: 403, registry: 'DENIED', oauth: 'access_denied' },
  not_found: { status: 404, registry: 'NOT_FOUND', oauth: 'invalid_request' },
  method_not_allowed: { status: 405, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  body_too_large: { status: 413, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  unsupported_media_type: { status: 415, registry: 'UNSUPPORTED', oauth: 'invalid_request' },
  too_many_attempts: { status: 429, registry: 'TOOMANYREQUESTS', oauth: 'temporarily_unavailable' },
  busy: { status: 503, registry: 'UNAVAILABLE', oauth: 'temporarily_unavailable' },
  unavailable: { status: 503, registry: 'UNAVAILABLE', oauth: 'temporarily_unavailable' },
  internal: { status: 500, registry: 'UNKNOWN', oauth: 'server_error' },
};

/** Answers any thrown value. What is not a refusal of ours is logged whole and shown as nothing but `internal`. */
export function writeError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  log: Log,
  challenge = 'Basic realm="dockpass", charset="UTF-8"',
): void {
  const refusal = toRequestError(error);
  const { status, oauth } = httpErrors[refusal.code];
  // A flood of logins must not become a flood of log lines: the audit log and the metrics count them.
  if (status >= 500 && refusal.code !== 'busy') log.error(`${request.method} answered ${status}`, refusal);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // Docker shows errors[0].message on a terminal; RFC 6749 wants the other two on POST. Each reads its own.
  const body = JSON.stringify({
    errors: errorsOf(refusal),
    ...(request.method === 'POST' && { error: oauth, error_description: refusal.message }),
  });
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(status === 401 && { 'WWW-Authenticate': challenge }),
    ...(status === 405 && !response.hasHeader('Allow') && { Allow: 'GET, HEAD, POST' }),
    ...(refusal.retryAfter !== undefined && { 'Retry-After': refusal.retryAfter }),
    // The rest of a body that nobody wants is not read.
    ...(!request.complete && { Connection: 'close' }),
  });
  response.end(body);
}

/** As registry clients read them: https://distribution.github.io/distribution/spec/api/#errors */
export function errorsOf(error: unknown): readonly object[] {
  const { code, message, auditId } = toRequestError(error);
  return [{ code: httpErrors[code].registry, message, detail: { code, id: auditId } }];
}
