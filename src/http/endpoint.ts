import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../observe/log.ts';

/**
 * A function that answers HTTP requests. Both node:http and express accept it as a handler. It answers every request
 * and never throws.
 */
export type Endpoint = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Runs `writeAnswer`, which answers a request that failed. If this function throws too, the request is answered with a
 * fixed response. An exception must not leave the path of a request, because it would end the process.
 */
export function answerFailure(response: ServerResponse, log: Log, writeAnswer: () => void): void {
  try {
    writeAnswer();
  } catch (error) {
    endFailedRequest(response, error, log);
  }
}

const failureBody = JSON.stringify({
  errors: [
    {
      code: 'UNKNOWN',
      message: 'the token server failed. Ask the administrator of the token server to check the server log.',
      detail: { code: 'internal' },
    },
  ],
});

/** Logs an unexpected error and answers the request with status 500. Never throws. */
export function endFailedRequest(response: ServerResponse, error: unknown, log: Log): void {
  try {
    log.error('a request failed unexpectedly', error);
  } catch {
    // If the log fails too, the client must still get an answer.
  }
  try {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // Remove the headers that are already set, because one of them may have caused the failure.
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.writeHead(500, {
      'Content-Type': 'application/json',
      'Content-Length': failureBody.length,
      'Cache-Control': 'no-store',
      Connection: 'close',
    });
    response.end(failureBody);
  } catch {
    response.destroy();
  }
}
