import { request as requestPlain, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, isIP } from 'node:net';

/** How to reach a server: the address to connect to, and the name under which it is asked. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** The Host header. */
  readonly as: string;
  readonly tls: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The first 256 KiB. */
  readonly body: string;
  /** The address of this machine on the connection; undefined if it is not known. */
  readonly localAddress?: string | undefined;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const timeoutMs = 10_000;
const connectTimeoutMs = 3000;
const maxBodyLength = 256 * 1024;

/** Sends one request on a connection of its own. Rejects if nothing answers. */
export function sendRequest(target: Target, path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(target, path, options);
    let localAddress: string | undefined;
    request.once('response', (response) => {
      localAddress = response.socket.localAddress;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < maxBodyLength) body += chunk;
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, localAddress }),
      );
    });
    request.once('error', reject);
    request.end(options.body);
  });
}

/** Opens a request whose body the caller still has to write. */
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
    timeout: timeoutMs,
  };
  // edge/certificate.ts judges the certificate. No secret that matters is sent here: the tokens and the robot of the
  // probes are valid for a few minutes and for a scratch repository only.
  const request = target.tls
    ? requestTls({ ...options, ...(isIP(name) === 0 && { servername: name }), rejectUnauthorized: false })
    : requestPlain(options);
  request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
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

/** `no route`: this machine cannot reach the address at all, for example an IPv6 address without IPv6. */
export type Connection = 'open' | 'closed' | 'no route';

export function tryConnection(host: string, port: number): Promise<Connection> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (connection: Connection): void => {
      socket.destroy();
      resolve(connection);
    };
    socket.setTimeout(connectTimeoutMs, () => settle('closed'));
    socket.once('connect', () => settle('open'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(
        /^E(?:NETUNREACH|HOSTUNREACH|ADDRNOTAVAIL|AFNOSUPPORT)$/.test(error.code ?? '')
          ? 'no route'
          : 'closed',
      ),
    );
  });
}

export async function canConnect(host: string, port: number): Promise<boolean> {
  return (await tryConnection(host, port)) === 'open';
}
