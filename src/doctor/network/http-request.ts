import { request as requestPlain, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, isIP } from 'node:net';

/** The address of a server, and the host name that requests to this server contain. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** The value of the Host header. */
  readonly as: string;
  readonly tls: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The first 256 KiB of the response body. */
  readonly body: string;
  /** The local IP address of the connection. Undefined if it is not known. */
  readonly localAddress?: string | undefined;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The local IP address of the connection. Default: the system chooses one. */
  readonly from?: string;
}

const timeoutMs = 10_000;
const connectTimeoutMs = 3000;
const maxBodyLength = 256 * 1024;

/** Sends a request on a new connection. The promise is rejected if no server answers. */
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

/**
 * Creates a request, but sends nothing yet. The caller writes the body, if there is one, and ends the request. Node
 * sends the headers at the first call of `write`, `end` or `flushHeaders`.
 */
export function open(
  target: Target,
  path: string,
  { method = 'GET', headers = {}, from }: HttpRequest,
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
    ...(from !== undefined && { localAddress: from }),
  };
  // This connection does not verify the certificate of the server, because the probe in edge/certificate.ts verifies
  // it. A false server could learn only the tokens and the robot secret of doctor. These are valid for a few minutes,
  // and only for a scratch repository.
  const request = target.tls
    ? requestTls({ ...options, ...(isIP(name) === 0 && { servername: name }), rejectUnauthorized: false })
    : requestPlain(options);
  request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
  return request;
}

/** Returns the host name of a Host header: without the port, and without the brackets of an IPv6 address. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** Returns the URL that a person would type to reach this server, such as `https://name:port`. */
export function urlOf({ tls, as }: Target): string {
  return `${tls ? 'https' : 'http'}://${as}`;
}

/**
 * The result of an attempt to connect to an address. `no route` means that this machine has no network to reach the
 * address. For example, the address is IPv6, but the machine has no IPv6 network.
 */
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
