import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { DockpassError } from '../../errors.ts';
import { connectionError } from './connection-error.ts';

/** The time that the connection may take to be established, in milliseconds. */
const connectTimeoutMs = 10_000;
/** The time that the server may be silent, in milliseconds. It is long, because a registry can list slowly. */
const silenceTimeoutMs = 75_000;
/** The largest size of an answer in bytes. A page of 1000 items is far smaller. */
const maxAnswerBytes = 64 * 1024 * 1024;

export interface HttpRequest {
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Connections to one server. All requests go to this server: no proxy is used, and no redirect is followed. */
export interface Connection {
  /** @throws DockpassError `server_unreachable`, `server_certificate` */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/**
 * Creates a connection to a server. It uses node:http and node:https, because loading `fetch` takes longer than all
 * else that a command does (docs/adr/0057).
 */
export function openConnection(server: URL): Connection {
  const isHttps = server.protocol === 'https:';
  const agent = isHttps ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const start = isHttps ? requestHttps : requestHttp;
  return {
    send: ({ method, path, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
        const request = start(
          new URL(path, server),
          { method, headers: { ...headers, ...length }, agent, signal },
          (answer) => {
            readAnswer(answer).then(resolve, (error: unknown) => reject(connectionError(server, error)));
          },
        );
        limitTime(request, isHttps);
        request.on('error', (error) => reject(connectionError(server, error)));
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function limitTime(request: ClientRequest, isHttps: boolean): void {
  const fail = (): void => {
    request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(fail, connectTimeoutMs);
  request.once('close', () => clearTimeout(timer));
  request.once('socket', (socket) => {
    if (!socket.connecting) clearTimeout(timer);
    else socket.once(isHttps ? 'secureConnect' : 'connect', () => clearTimeout(timer));
  });
  request.setTimeout(silenceTimeoutMs, fail);
}

async function readAnswer(answer: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) {
      answer.destroy();
      throw new DockpassError('server_unreachable', 'the answer of the server is too large');
    }
    chunks.push(chunk);
  }
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
