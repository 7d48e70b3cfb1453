import type { IncomingMessage } from 'node:http';
import { open, sendRequest, urlOf, type Target } from '../network/http-request.ts';
import { scratch } from '../scratch.ts';

const path = `/v2/${scratch}/blobs/uploads/`;

/**
 * The time in milliseconds after which doctor ends an upload, even if some bytes are not sent. If doctor pauses the
 * upload on purpose, the length of the pause is added to this time.
 */
const maxUploadMs = 1000;

export interface Uploaded {
  /** How many bytes doctor sent. */
  readonly bytes: number;
  /** The status of the answer; undefined if the connection ended without an answer. */
  readonly status: number | undefined;
  /** The Location header of the answer: the URL at which the client must continue the upload. */
  readonly location: string | undefined;
}

interface UploadOptions {
  /** The number of bytes to send. */
  readonly size: number;
  /** How many milliseconds to pause after the first part of the data, before the rest is sent. */
  readonly pauseMs?: number;
}

/**
 * Starts an upload, sends one chunk, and cancels the upload.
 * @param headers the Authorization header; its token needs the action `delete`, without which the registry does not cancel
 *   the upload and stores its data for a week
 * @returns undefined if the registry rejects the request that starts the upload
 */
export async function uploadAndCancel(
  target: Target,
  headers: Readonly<Record<string, string>>,
  options: UploadOptions,
): Promise<Uploaded | undefined> {
  const begun = await sendRequest(target, path, { method: 'POST', headers });
  if (begun.status !== 202 || begun.headers.location === undefined) return undefined;
  const at = new URL(begun.headers.location, urlOf(target));
  const sent = await upload(target, at.pathname + at.search, headers, options);
  const end = sent.location === undefined ? at : new URL(sent.location, urlOf(target));
  await sendRequest(target, end.pathname + end.search, { method: 'DELETE', headers }).catch(() => undefined);
  return sent;
}

/**
 * Sends one chunk of an upload: `size` bytes, or as many of them as can be sent within one second.
 */
function upload(
  target: Target,
  path: string,
  headers: Readonly<Record<string, string>>,
  { size, pauseMs = 0 }: UploadOptions,
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

// The functions below send no token, so the registry answers 401 as soon as it has read the headers, without reading or
// storing the body. If a different answer arrives, or if the 401 arrives late, the edge is the cause.

/** How many milliseconds doctor waits for an answer. */
const answerTimeoutMs = 3000;

/**
 * Announces a body of `size` bytes in Content-Length, but sends no body.
 * @returns the status; undefined if the server first asked for the body (100 Continue), or did not answer in time
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
    // With 100 Continue, the server asks for the body. So it has not rejected the size in Content-Length.
    request.once('continue', () => settle(undefined));
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.flushHeaders();
  });
}

export interface Streamed {
  /** The status of the answer; undefined if the connection ended without an answer. */
  readonly status: number | undefined;
  /** True if the answer arrived before doctor sent the end of the body. */
  readonly beforeEnd: boolean;
}

/**
 * Sends `size` bytes of a body without ending the body, and waits for the answer. If no answer arrives within
 * `answerTimeoutMs`, this function ends the body, because some servers answer only then.
 */
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
    // If the server closes the connection while doctor still sends the body, doctor gets no answer and so no status.
    request.on('error', () => settle(undefined));
    const chunk = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < size; sent += chunk.length) request.write(chunk);
  });
}
