import type { IncomingMessage } from 'node:http';
import { open, type Target } from '../http-request.ts';
import { scratch } from '../context.ts';

/** Milliseconds. */
const moment = 1000;

export interface SentFor {
  readonly bytes: number;
  /** Undefined where the connection ended without an answer. */
  readonly status: number | undefined;
  /** Where the upload goes on. */
  readonly location: string | undefined;
}

/** Sends one chunk of an upload: so many bytes, or as many as the line takes in a moment. */
export function sendFor(
  target: Target,
  path: string,
  headers: Readonly<Record<string, string>>,
  size: number,
): Promise<SentFor> {
  return new Promise((resolve) => {
    const type = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/octet-stream' };
    const request = open(target, path, { method: 'PATCH', headers: { ...headers, ...type } });
    const end = Date.now() + moment;
    let bytes = 0;
    const settle = (status?: number, location?: string): void => {
      request.destroy();
      resolve({ bytes, status, location });
    };
    request.once('response', (response: IncomingMessage) =>
      settle(response.statusCode, response.headers.location),
    );
    request.on('error', () => settle());
    const chunk = Buffer.alloc(Math.min(size, 256 * 1024));
    const send = (): void => {
      while (!request.destroyed) {
        if (bytes >= size || Date.now() > end) return void request.end();
        bytes += chunk.length;
        if (!request.write(chunk)) return void request.once('drain', send);
      }
    };
    send();
  });
}

// Without a token the registry answers 401 as soon as it sees the headers, and reads no byte of the body; so the answer,
// and when it comes, tells what the edge does with a body, and nothing is ever stored.

/** Milliseconds for an answer that should come at once. */
const patience = 3000;
const path = `/v2/${scratch}/blobs/uploads/`;

/** Says how large the body will be, and ends there. The status; undefined where none came before the body was due. */
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
    const timer = setTimeout(() => settle(undefined), patience);
    request.once('response', (response: IncomingMessage) => settle(response.statusCode));
    // The edge, or the registry behind it, wants to see the body: that is no refusal.
    request.once('continue', () => settle(undefined));
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.flushHeaders();
  });
}

export interface Streamed {
  /** Undefined where the connection ended without an answer. */
  readonly status: number | undefined;
  /** Did the answer come while the body was still open? */
  readonly before: 'the end of the body' | undefined;
}

/** Sends so many bytes in chunks and pauses, the end of the body still to come, until the answer or for a while. */
export function stream(target: Target, size: number): Promise<Streamed> {
  return new Promise((resolve) => {
    const headers = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/octet-stream' };
    const request = open(target, path, { method: 'POST', headers });
    let ended = false;
    const settle = (status: number | undefined): void => {
      clearTimeout(timer);
      request.destroy();
      resolve({ status, before: ended ? undefined : 'the end of the body' });
    };
    const timer = setTimeout(() => {
      ended = true;
      request.end();
    }, patience);
    request.once('response', (response: IncomingMessage) => settle(response.statusCode));
    // Whoever closes the connection on a body has looked at its headers.
    request.on('error', () => settle(undefined));
    const chunk = Buffer.alloc(64 * 1024);
    for (let at = 0; at < size; at += chunk.length) request.write(chunk);
  });
}
