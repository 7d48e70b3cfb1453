import { request as requestPlain, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, isIP } from 'node:net';

/** How to reach a part: the address to connect to, and the name under which it is asked. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** What the Host header says. */
  readonly as: string;
  readonly tls: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Its beginning. */
  readonly body: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Milliseconds. */
const patience = 10_000;
const longestBody = 256 * 1024;

/** One request on a connection of its own. Rejects where nothing answers. */
export function sendRequest(target: Target, path: string, question: HttpRequest = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(target, path, question);
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < longestBody) body += chunk;
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    request.once('error', reject);
    request.end(question.body);
  });
}

/** A request whose body is still to come. */
export function open(
  target: Target,
  path: string,
  { method = 'GET', headers = {} }: HttpRequest,
): ClientRequest {
  const name = hostnameOf(target.as);
  const options = {
    host: target.host,
    port: target.port,
    method,
    path,
    headers: { Host: target.as, 'User-Agent': 'dockpass-doctor', ...headers },
    agent: false,
    timeout: patience,
  };
  // Whose certificate it is, is a question of its own (probes/certificate.ts); what is sent here, anybody may see: a
  // probe's token is good for a scratch repository.
  const request = target.tls
    ? requestTls({ ...options, ...(isIP(name) === 0 && { servername: name }), rejectUnauthorized: false })
    : requestPlain(options);
  request.once('timeout', () => request.destroy(new Error(`no answer within ${patience / 1000} s`)));
  return request;
}

/** A host without its port and brackets. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** `https://name:port`, as a person would type it. */
export function urlOf({ tls, as }: Target): string {
  return `${tls ? 'https' : 'http'}://${as}`;
}

export function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(3000, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
