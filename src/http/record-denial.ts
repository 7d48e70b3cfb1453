import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { withRecordId, DockpassError } from '../errors.ts';
import { noCredentials } from '../identity/credentials.ts';
import type { Recorder } from '../issue-token.ts';
import { plainAddress } from '../net/trusted-proxies.ts';

/** What the story refused is recorded; what could not be read as far as the story is recorded here. */
export function recordDenial(request: IncomingMessage, error: unknown, record: Recorder): DockpassError {
  if (error instanceof DockpassError && error.auditId !== undefined) return error;
  const about = {
    // A body that was not read to its end has taken the socket with it, whatever the types say.
    address: plainAddress((request.socket as Socket | null)?.remoteAddress ?? ''),
    client: (request.headers['user-agent'] ?? '').slice(0, 120),
    credentials: noCredentials,
    scopes: [],
  };
  return withRecordId(error, record.refused(about, undefined, error));
}
