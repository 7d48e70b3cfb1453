import { request as send } from 'node:http';
import type { LoadRequest } from './wrk.ts';

export interface Answer {
  /** 0 where nobody listens. */
  readonly status: number;
  /** Bytes. */
  readonly bodyLength: number;
}

/** Sends a case's request once. Not fetch: that loads for longer than the server takes to start. */
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
