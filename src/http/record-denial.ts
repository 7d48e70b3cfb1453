import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isRequestError, withAuditId, type DockpassError, type RequestErrorCode } from '../errors.ts';
import { noCredentials } from '../identity/credentials.ts';
import type { Recorder } from '../issue-token.ts';
import { plainAddress } from '../net/trusted-proxies.ts';

/**
 * Converts an error that an endpoint caught into the denial that the client receives. `issueToken` records its own
 * denials in the audit log. This function records all others, for example if a request is too malformed for
 * `issueToken`.
 */
export function toRecordedDenial(
  request: IncomingMessage,
  error: unknown,
  record: Recorder,
): DockpassError<RequestErrorCode> {
  if (isRequestError(error) && error.auditId !== undefined) return error;
  const deniedRequest = {
    // Despite its type, the socket is null if the client disconnected before it sent the whole body.
    address: plainAddress((request.socket as Socket | null)?.remoteAddress ?? ''),
    client: (request.headers['user-agent'] ?? '').slice(0, 120),
    credentials: noCredentials,
    scopes: [],
  };
  return withAuditId(error, record.denied(deniedRequest, undefined, error));
}
