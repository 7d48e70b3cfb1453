import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../errors.ts';
import { networkOf } from '../net/address-prefix.ts';
import type { Log } from '../observe/log.ts';
import { answerFailure, type Endpoint } from './endpoint.ts';
import { writeError } from './error-response.ts';
import { toRecordedDenial } from './record-denial.ts';
import { readContext } from './request-context.ts';
import type { CurrentState, ServerState } from './server-state.ts';

/** The maximum size of a form in bytes. A form with a refresh token and a hundred scopes is much smaller. */
export const maxBodyLength = 64 * 1024;

/** The maximum number of bodies that may be incomplete at the same time for one network (`networkOf`). */
const maxIncompleteBodies = 200;

/**
 * How many bytes of a body dockpass reads before it answers that the body is too large. Up to this size it first
 * receives the whole body, because many clients read the response only after they have sent the whole body.
 */
const maxReadLength = 2 * maxBodyLength;

/** The bodies that arrived after the headers. A body is `too large` if it is longer than `maxBodyLength`. */
const receivedBodies = new WeakMap<IncomingMessage, Buffer | 'too large'>();

/** Returns the body of a request if it arrived after the headers. Returns undefined for all other requests. */
export function receivedBody(request: IncomingMessage): Buffer | 'too large' | undefined {
  return receivedBodies.get(request);
}

/**
 * Wraps an endpoint so that it receives a request only when the whole body has arrived, even if the endpoint does not
 * read the body. Most bodies arrive together with the headers, and their requests are passed on at once. If too many
 * bodies of one network are incomplete, the answer is `busy`. This limit is needed for an edge with Caddy, because
 * Caddy cannot limit the connections of one address.
 *
 * dockpass must not answer before the whole body has arrived. Caddy 2.6 and Traefik would pass on such an answer only
 * when the client has sent the rest of its body, and would wait for the rest without a time limit. If a body does not
 * arrive in time, the HTTP server answers 408 (server.ts). This answer and `busy` have a header that tells Caddy to
 * close the connection of the client (`incompleteHeader`).
 */
export function requireWholeBody(endpoint: Endpoint, currentState: CurrentState, log: Log): Endpoint {
  const incomplete = new Map<string, number>();

  const release = (network: string): void => {
    const left = (incomplete.get(network) ?? 1) - 1;
    if (left > 0) incomplete.set(network, left);
    else incomplete.delete(network);
  };

  return (request, response) => {
    if (request.complete) {
      endpoint(request, response);
      return;
    }
    const state = currentState();
    const network = networkOfClient(request, state);
    const count = incomplete.get(network) ?? 0;
    if (count >= maxIncompleteBodies) {
      answerFailure(response, log, () =>
        writeError(request, response, toRecordedDenial(request, tooMany(count), state.issuer.record), log),
      );
      return;
    }
    incomplete.set(network, count + 1);
    let isCounted = true;
    const onDone = (): void => {
      if (isCounted) release(network);
      isCounted = false;
    };
    // After an answer to a body that is too large, Node emits no event for the request if the connection then closes.
    request.once('end', onDone).once('close', onDone);
    response.once('close', onDone);
    whenReceived(request, () => endpoint(request, response));
  };
}

/** Calls `answer` when the whole body has arrived, or when the body is much too large. */
function whenReceived(request: IncomingMessage, answer: () => void): void {
  let chunks: Buffer[] = [];
  let length = 0;
  const onEnd = (): void => {
    request.off('data', onData).off('end', onEnd);
    receivedBodies.set(request, length > maxBodyLength ? 'too large' : Buffer.concat(chunks));
    chunks = [];
    answer();
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length <= maxBodyLength) chunks.push(chunk);
    else chunks = [];
    if (length <= maxReadLength) return;
    onEnd();
    // The rest of the body is received and discarded.
    request.resume();
  };
  request.on('data', onData).once('end', onEnd);
  // If the connection ends early, no one can receive an answer, so the error is ignored.
  request.on('error', () => {});
}

function networkOfClient(request: IncomingMessage, state: ServerState): string {
  try {
    return networkOf(readContext(request, state).address);
  } catch {
    // The headers of this request are invalid, so the endpoint will reject it. All such requests count as one network.
    return '';
  }
}

function tooMany(count: number): DockpassError<'busy'> {
  return new DockpassError(
    'busy',
    `${count} requests from this network have not sent their whole body yet. Try again in a few seconds.`,
    { retryAfter: 5 },
  );
}
