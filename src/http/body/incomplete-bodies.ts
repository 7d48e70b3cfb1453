import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../../errors.ts';
import { networkOf } from '../../net/address-prefix.ts';
import type { Log } from '../../observe/log.ts';
import { createBodyBudget, maxBodyLengthOf, maxFormLength, maxReceivedLengthOf } from './body-limits.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentState, ServerState } from '../server-state.ts';

/** The maximum number of bodies that may be incomplete at the same time for one network (`networkOf`). */
const maxIncompleteBodies = 200;

/** The bodies that arrived after the headers. A body is `too large` if it is longer than `maxBodyLengthOf` allows. */
const receivedBodies = new WeakMap<IncomingMessage, Buffer | 'too large'>();

/** Returns the body of a request if it arrived after the headers. Returns undefined for all other requests. */
export function receivedBody(request: IncomingMessage): Buffer | 'too large' | undefined {
  return receivedBodies.get(request);
}

/**
 * Wraps an endpoint so that it receives a request only when the whole body has arrived, even if the endpoint does not
 * read the body. Most bodies arrive together with the headers, and their requests are passed on at once. If too many
 * bodies of one network are incomplete, or if large ones occupy too much memory, the answer is `busy`. This limit is
 * needed for an edge with Caddy, because Caddy cannot limit the connections of one address.
 *
 * dockpass must not answer before the whole body has arrived. Caddy 2.6 and Traefik would pass on such an answer only
 * when the client has sent the rest of its body, and would wait for the rest without a time limit. If a body does not
 * arrive in time, the HTTP server answers 408 (server.ts). This answer and `busy` have a header that tells Caddy to
 * close the connection of the client (`incompleteHeader`).
 */
export function requireWholeBody(
  endpoint: Endpoint,
  currentState: CurrentState,
  log: Log,
  budget = createBodyBudget(),
): Endpoint {
  const incomplete = new Map<string, number>();

  const release = (network: string): void => {
    const left = (incomplete.get(network) ?? 1) - 1;
    if (left > 0) incomplete.set(network, left);
    else incomplete.delete(network);
  };

  return (request, response) => {
    // A request without a body can be incomplete here, but it emits no `end` (server.ts).
    if (request.complete || request.readableEnded) {
      endpoint(request, response);
      return;
    }
    const state = currentState();
    const network = networkOfClient(request, state);
    const count = incomplete.get(network) ?? 0;
    const rejectBusy = (error: DockpassError<'busy'>): void =>
      answerFailure(response, log, () =>
        writeError(request, response, toRecordedDenial(request, error, state.issuer.record), log),
      );
    if (count >= maxIncompleteBodies) {
      rejectBusy(tooMany(count));
      return;
    }
    incomplete.set(network, count + 1);
    let isCounted = true;
    let reserved = 0;
    const onDone = (): void => {
      if (isCounted) release(network);
      isCounted = false;
      releaseMemory();
    };
    const releaseMemory = (): void => {
      if (reserved > 0) budget.release(network, reserved);
      reserved = 0;
    };
    const reserve = (bytes: number): boolean => {
      if (isCounted && budget.reserve(network, bytes)) {
        reserved += bytes;
        return true;
      }
      releaseMemory();
      return false;
    };
    // After an answer to a body that is too large, Node emits no event for the request if the connection then closes.
    request.once('end', onDone).once('close', onDone);
    response.once('close', onDone);
    whenReceived(request, reserve, (outcome) => {
      if (outcome === 'received') endpoint(request, response);
      else rejectBusy(tooMuchMemory());
    });
  };
}

/**
 * Calls `answer` when the whole body has arrived, or when the body is much too large. Up to `maxReceivedLengthOf`,
 * dockpass first receives the whole body, because many clients read the response only after they have sent the whole
 * body.
 * @param reserve reserves memory for a body that is larger than a form. If it returns false, the body is discarded, and
 *   `answer` is called with `no memory`
 */
function whenReceived(
  request: IncomingMessage,
  reserve: (bytes: number) => boolean,
  answer: (outcome: 'received' | 'no memory') => void,
): void {
  const maxLength = maxBodyLengthOf(request);
  const maxReceivedLength = maxReceivedLengthOf(request);
  let chunks: Buffer[] = [];
  let length = 0;
  let isKept = true;
  const onEnd = (): void => {
    request.off('data', onData).off('end', onEnd);
    receivedBodies.set(request, length > maxLength ? 'too large' : Buffer.concat(chunks));
    chunks = [];
    answer(isKept || length > maxLength ? 'received' : 'no memory');
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (isKept && length > maxFormLength && length <= maxLength) isKept = reserve(chunk.length);
    if (isKept && length <= maxLength) chunks.push(chunk);
    else chunks = [];
    if (length <= maxReceivedLength) return;
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

function tooMuchMemory(): DockpassError<'busy'> {
  return new DockpassError(
    'busy',
    'too many large requests are incomplete. Try again in a few seconds, or send less in one request.',
    { retryAfter: 5 },
  );
}
