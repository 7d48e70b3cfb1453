import type { IncomingMessage } from 'node:http';
import { open, type Target } from '../network/http-request.ts';
import { scratch } from '../scratch.ts';

/** Milliseconds after which an upload ends, however much of it is sent. */
const maxUploadMs = 1000;

export interface Uploaded {
  /** How many were sent. */
  readonly bytes: number;
  /** Undefined if the connection ended without an answer. */
  readonly status: number | undefined;
  /** Where the upload continues. */
  readonly location: string | undefined;
}

/**
 * Sends one chunk of an upload: `size` bytes, or as many as can be sent within a second.
 * @param options.pauseMs a pause in the middle
 */
export function upload(
  target: Target,
  path: string,
  headers: Readonly<Record<string, string>>,
  { size, pauseMs = 0 }: { readonly size: number; readonly pauseMs?: number },
): Promise<Uploaded> {
  return new Promise((resolve) => {
    const type = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/octet-stream' };
    const request = open(target, path, { method: 'PATCH', headers: { ...headers, ...type } });
    const endsAt = Date.now() + maxUploadMs + pauseMs;
    let bytes = 0;
    let hasPaused = pauseMs === 0;
    const settle = (status?: number, location?: string): void => {
      request.destroy();
      resolve({ bytes, status, location });
    };
    request.once('response', (response: IncomingMessage) =>
      settle(response.statusCode, response.headers.location),
    );
    request.on('error', () => settle());
    const chunk = Buffer.alloc(Math.min(hasPaused ? size : size / 2, 256 * 1024));
    const send = (): void => {
      while (!request.destroyed) {
        if (bytes >= size || Date.now() > endsAt) return void request.end();
        bytes += chunk.length;
        const canContinue = request.write(chunk);
        if (!hasPaused) {
          hasPaused = true;
          return void setTimeout(send, pauseMs);
        }
        if (!canContinue) return void request.once('drain', send);
      }
    };
    send();
  });
}

// Without a token the registry answers 401 as soon as it sees the headers. It reads nothing of the body and stores
// nothing. So the answer, and the time when it comes, show what the edge does with a body.

/** Milliseconds within which the answer should come. */
const answerTimeoutMs = 3000;
const path = `/v2/${scratch}/blobs/uploads/`;

/**
 * Announces a body of this size and sends none.
 * @returns the status; undefined if none came before the body was expected
 */
export function announce(target: Target, size: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Length': String(size),
      'Content-Type': 'application/octet-stream',
      Expect: '100-continue',
    };
    const request = open(target, path, { method: 'POST', headers });
    const settle = (status: number | undefined): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(status);
    };
    const timer = setTimeout(() => settle(undefined), answerTimeoutMs);
    request.once('response', (response: IncomingMessage) => settle(response.statusCode));
    // The edge or the registry asks for the body, so it accepts the size.
    request.once('continue', () => settle(undefined));
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.flushHeaders();
  });
}

export interface Streamed {
  /** Undefined if the connection ended without an answer. */
  readonly status: number | undefined;
  /** The answer came before the end of the body was sent. */
  readonly beforeEnd: boolean;
}

/** Sends a body of this size but not its end, and waits for the answer. After some time it sends the end too. */
export function stream(target: Target, size: number): Promise<Streamed> {
  return new Promise((resolve) => {
    const headers = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/octet-stream' };
    const request = open(target, path, { method: 'POST', headers });
    let hasEnded = false;
    const settle = (status: number | undefined): void => {
      clearTimeout(timer);
      request.destroy();
      resolve({ status, beforeEnd: !hasEnded });
    };
    const timer = setTimeout(() => {
      hasEnded = true;
      request.end();
    }, answerTimeoutMs);
    request.once('response', (response: IncomingMessage) => settle(response.statusCode));
    // A server that closes the connection during the body has read the headers already.
    request.on('error', () => settle(undefined));
    const chunk = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < size; sent += chunk.length) request.write(chunk);
  });
}
