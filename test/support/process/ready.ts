import { request as requestPlain, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import type { Running } from './process.ts';

export interface WaitOptions {
  /** Milliseconds. Default: 90,000. */
  readonly timeout?: number;
  /** If this process ends, the wait fails with an error that contains the output of the process. */
  readonly part?: Running;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const pause = 20;

/** Waits until a program listens on the port. */
export async function untilPort(port: number, options: WaitOptions & { host?: string } = {}): Promise<void> {
  const host = options.host ?? '127.0.0.1';
  await until(`${host}:${port} to listen`, options, () => canConnect(port, host));
}

/**
 * Waits until the URL answers, and if `status` is given, until it answers with this status. Certificates are not
 * checked, because the answer only shows that the program is ready, not that it is configured correctly.
 */
export async function untilHttp(
  url: string,
  options: WaitOptions & { status?: number } = {},
): Promise<Answer> {
  return await until(`an answer ${options.status ?? ''} from ${url}`, options, async () => {
    const answer = await askOnce(url);
    return options.status === undefined || answer.status === options.status ? answer : undefined;
  });
}

/**
 * Calls `ask` every 20 ms until it returns a value. It calls `ask` again if the result is undefined or an error. This
 * is for conditions that send no event.
 */
export async function until<T>(
  what: string,
  { timeout = 90_000, part }: WaitOptions,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (part !== undefined && !part.isRunning()) {
      throw new Error(`${part.name} ended while waiting for ${what}\n${part.output()}`, { cause: last });
    }
    if (Date.now() > deadline) {
      throw new Error(`timed out after ${timeout} ms waiting for ${what}\n${part?.output() ?? ''}`, {
        cause: last,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function canConnect(port: number, host: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
}

function askOnce(url: string): Promise<Answer> {
  const isTls = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestTls : requestPlain)(
      url,
      { agent: false, timeout: 20_000, ...(isTls ? { rejectUnauthorized: false } : {}) },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.once('timeout', () => request.destroy(new Error('no answer within 20 s')));
    request.once('error', reject);
    request.end();
  });
}
