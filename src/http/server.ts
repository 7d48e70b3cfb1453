import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { formatListen, type ListenAddress } from '../net/listen-address.ts';
import { DockpassError, messageOf } from '../errors.ts';

// An import would read every export of node:http. The export WebSocket loads undici, which costs 50 ms and 14 MB.
const { createServer } = process.getBuiltinModule('node:http');

/** Milliseconds in which a client must have sent all headers. */
const headersTimeoutMs = 10_000;
/** Milliseconds in which a client must have sent the whole request. */
const requestTimeoutMs = 15_000;
/**
 * Milliseconds until an idle connection is closed. The timeouts of nginx and Caddy are shorter, so they close idle
 * connections first and never send a request on a connection that this server is just closing.
 */
const keepAliveTimeoutMs = 130_000;
/** Milliseconds that requests in flight have when the server stops. docker kills the process 10 s after SIGTERM. */
const drainTimeoutMs = 5000;

export interface RunningServer {
  /** The address with the real port, if the configured port is 0. */
  readonly address: ListenAddress;
  /** Answers the requests in flight, then closes all connections. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server.
 * @param setting the configuration key of the address, for error messages
 * @throws DockpassError `port_in_use`
 */
export async function startHttpServer(
  listen: ListenAddress,
  listener: RequestListener,
  setting: string,
): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 2000,
      // Node would answer 400 without a body. `readContext` checks the header instead and says what is missing.
      requireHostHeader: false,
    },
    listener,
  );
  server.on('clientError', answerInvalidRequest);
  // An unknown Expect header may be ignored (RFC 9110 section 10.1.1). Node would answer it with 417 without a body.
  server.on('checkExpectation', listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(listen, setting, cause)));
    server.listen(listen.port, listen.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.port;
  return { address: { host: listen.host, port }, close: () => closeServer(server) };
}

function cannotListen(
  listen: ListenAddress,
  setting: string,
  cause: Error & { code?: string },
): DockpassError {
  return cause.code === 'EADDRINUSE'
    ? new DockpassError(
        'port_in_use',
        `port ${listen.port} on ${listen.host} is in use by another program. Stop that program, or set ${setting} to another port.`,
        { cause },
      )
    : new DockpassError(
        'port_in_use',
        `cannot listen on ${formatListen(listen)}: ${messageOf(cause)}. Set ${setting} to another address.`,
        { cause },
      );
}

/**
 * Resolves when all connections are closed. Connections are closed as soon as they are idle. After the drain timeout,
 * all others are closed too, even if the client has not sent its request or read its response completely.
 */
async function closeServer(server: Server): Promise<void> {
  const closeIdle = setInterval(() => server.closeIdleConnections(), 20);
  const closeAll = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  try {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  } finally {
    clearInterval(closeIdle);
    clearTimeout(closeAll);
  }
}

/** Status, reason phrase and message by the error code of Node's HTTP parser. */
const invalidRequests: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'the headers are larger than 16 KiB. Request fewer scopes at once.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time. Send it again.'],
};

/** Answers requests that Node's HTTP parser rejects, with a body that docker can show, like every other error. */
function answerInvalidRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, phrase, message] = invalidRequests[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'the request is not valid HTTP. Check the client and the proxies in front of dockpass.',
  ];
  // The method is unknown, so the body has the members for docker and those for OAuth2 clients.
  const body = JSON.stringify({
    errors: [{ code: 'UNSUPPORTED', message }],
    error: 'invalid_request',
    error_description: message,
  });
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
