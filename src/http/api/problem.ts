import type { IncomingMessage, ServerResponse } from 'node:http';
import { DockpassError, toRequestError, type ErrorCode } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import { incompleteHeader } from '../error-response.ts';
import { InvalidInput } from './input/invalid-input.ts';
import { statuses } from './statuses.ts';

/**
 * Answers a request of the API that failed, with a problem document (RFC 9457). A 401 challenges with Bearer, because
 * browsers show a dialog for Basic.
 */
export function writeProblem(
  request: IncomingMessage,
  response: ServerResponse,
  thrown: unknown,
  log: Log,
): void {
  const error = toVisibleError(thrown);
  const status = statuses[error.code] ?? 500;
  if (status >= 500 && error.code !== 'busy')
    log.error(`${request.method} request to the API failed with status ${status}`, error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(problemOf(error, status));
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="dockpass"' }),
    ...(error.retryAfter !== undefined && { 'Retry-After': error.retryAfter }),
    // If the request body was not read to its end, the connection cannot be used for another request, so it is closed.
    ...(!request.complete && { Connection: 'close', [incompleteHeader.name]: incompleteHeader.value }),
  });
  response.end(Buffer.from(body));
}

/** Returns the members of a problem document (RFC 9457 section 3.1). */
function problemOf(error: DockpassError, status: number) {
  const { code, message, auditId } = error;
  return {
    type: `urn:dockpass:error:${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    ...(auditId !== undefined && { id: auditId }),
    ...(error instanceof InvalidInput && { errors: error.faults }),
  };
}

/** Returns the title of all problems with this code, for example `Already exists`. */
export function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function toVisibleError(error: unknown): DockpassError {
  return error instanceof DockpassError && statuses[(error as DockpassError).code] !== undefined
    ? error
    : toRequestError(error);
}
