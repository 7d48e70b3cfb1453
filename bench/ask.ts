import { request as send } from 'node:http';
import type { LoadRequest } from './wrk.ts';

export interface Answer {
  /** The HTTP status. 0 if the request failed, for example because no server listens. */
  readonly status: number;
  /** The length of the body in bytes. */
  readonly bodyLength: number;
}

/**
 * Sends the request of a case once. It does not use fetch, because loading fetch takes longer than starting the server.
 */
export function ask(
  origin: string,
  { method = 'GET', path, headers = {}, body }: LoadRequest,
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = send(
      `${origin}${path.replace('{new}', 'one')}`,
      { method, headers, agent: false },
      (response) => {
        let bodyLength = 0;
        response.on('data', (chunk: Buffer) => (bodyLength += chunk.length));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bodyLength }));
      },
    );
    request.on('error', () => resolve({ status: 0, bodyLength: 0 }));
    request.end(body);
  });
}
