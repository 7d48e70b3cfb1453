import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parseEnvelope, type ParsedEnvelope } from '../../events/parse-envelope.ts';
import { parseZotEvent } from '../../events/parse-zot-event.ts';
import type { Log } from '../../observe/log.ts';
import type { Secret } from '../../secret.ts';
import type { EventRecorder } from '../../usage/event-recorder.ts';
import { maxEnvelopeLength, readEnvelope } from './read-envelope.ts';

/**
 * Returns the request listener for the events of registries: `POST /events` with a notification of distribution or an
 * event of zot, and `Authorization: Bearer SECRET`. The answer 200 means that all events are on disk.
 */
export function eventsListener(secret: Secret, recorder: EventRecorder, log: Log): RequestListener {
  const isAuthorized = createCheck(secret);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = (request.url ?? '').split('?');
    if (path !== '/events') return send(response, 404, 'not found. Send events to /events.');
    if (request.method !== 'POST')
      return send(response, 405, 'this address accepts only POST', { Allow: 'POST' });
    // The secret is checked before the body is read, so that a client without it cannot occupy memory.
    if (!isAuthorized(request.headers.authorization ?? ''))
      return send(
        response,
        401,
        'the secret is wrong or missing. Set the header Authorization of the endpoint in the configuration of the registry to "Bearer " and the value of events.secret.',
        { 'WWW-Authenticate': 'Bearer' },
      );
    const body = await readEnvelope(request);
    if (body === undefined) return send(response, 413, `the body is larger than ${maxEnvelopeLength} bytes`);
    const envelope = parseNotification(request.headers, body);
    if (!envelope.isValid) {
      log.warn(`rejected a notification of a registry: ${envelope.problem}`);
      return send(response, 400, envelope.problem);
    }
    for (const [problem, { length }] of Map.groupBy(envelope.skipped, (reason) => reason))
      log.warn(
        length === 1
          ? `skipped an event of a registry: ${problem}`
          : `skipped ${length} events of a registry: ${problem}`,
      );
    if (envelope.events.length > 0) await recorder.record(envelope.events);
    send(response, 200);
  };
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (request.destroyed && !request.complete) return;
      log.error('cannot store events of a registry. The registry sends them again', error);
      send(response, 503, 'the events cannot be stored now. Send them again.', { 'Retry-After': '1' });
    });
  };
}

/** Parses a notification of distribution or of zot. */
function parseNotification(headers: IncomingHttpHeaders, body: Uint8Array): ParsedEnvelope {
  const [type, id, time] = ['ce-type', 'ce-id', 'ce-time'].map((name) => headers[name]?.toString());
  return type === undefined ? parseEnvelope(body) : parseZotEvent({ type, id, time }, body);
}

/** Returns a function that checks an Authorization header in constant time. */
function createCheck(secret: Secret): (header: string) => boolean {
  const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digestOf(secret.reveal());
  return (header) => {
    const [, given = ''] = /^bearer +(\S+) *$/i.exec(header) ?? [];
    return timingSafeEqual(digestOf(given), expected);
  };
}

function send(
  response: ServerResponse,
  status: number,
  message?: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response
    .writeHead(status, { 'Content-Type': 'application/json', ...headers })
    .end(JSON.stringify(message === undefined ? { status: 'stored' } : { error: message }));
}
