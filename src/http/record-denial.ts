import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isRequestError, withAuditId, type DockpassError, type RequestErrorCode } from '../errors.ts';
import { noCredentials } from '../identity/credentials.ts';
import type { Recorder } from '../issue-token.ts';
import { plainAddress } from '../net/trusted-proxies.ts';

/**
 * Converts an error that occurred in an endpoint to the denial that the client receives, and records the denial in the
 * audit log. If `issueToken` threw the error, `issueToken` has already recorded the denial, so this function does not
 * record it again. All other denials are recorded here, for example if a request is too malformed for `issueToken`.
 */
export function toRecordedDenial(
  request: IncomingMessage,
  error: unknown,
  record: Recorder,
): DockpassError<RequestErrorCode> {
  if (isRequestError(error) && error.auditId !== undefined) return error;
  const deniedRequest = {
    // The socket is null if the client disconnected before it sent the whole body. The type of `request.socket` does
    // not say this.
    address: plainAddress((request.socket as Socket | null)?.remoteAddress ?? ''),
    client: (request.headers['user-agent'] ?? '').slice(0, 120),
    credentials: noCredentials,
    scopes: [],
  };
  return withAuditId(error, record.denied(deniedRequest, undefined, error));
}
