import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { formatListen, type ListenAddress } from '../net/listen-address.ts';
import { listenAt } from '../net/listen-at.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { incompleteHeader } from './error-response.ts';

export interface Timeouts {
  /** How many milliseconds a client has to send all headers. */
  readonly headersMs: number;
  /** How many milliseconds a client has to send the whole request. */
  readonly requestMs: number;
  /** How often connections are checked for these timeouts, in milliseconds. */
  readonly checkMs: number;
}

const defaultTimeouts: Timeouts = { headersMs: 10_000, requestMs: 15_000, checkMs: 2000 };

/**
 * The server closes a connection that has been idle for this many milliseconds. The timeouts of nginx and Caddy are
 * shorter, so the proxy closes an idle connection first. Therefore a proxy never sends a request on a connection that
 * the server closes at the same moment.
 */
const keepAliveTimeoutMs = 130_000;
/**
 * When the server stops, requests in progress have this many milliseconds to finish. The time is less than 10 s,
 * because docker kills the process 10 s after SIGTERM.
 */
const drainTimeoutMs = 5000;

export interface RunningServer {
  /**
   * The address that the server listens on. If the configured port is 0, the address contains the port that the
   * operating system chose.
   */
  readonly address: ListenAddress;
  /** Answers the requests in progress, then closes all connections. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server.
 * @param setting the configuration key of the address, for error messages
 * @param timeouts tests set shorter ones
 * @throws DockpassError `port_in_use`
 */
export async function startHttpServer(
  listen: ListenAddress,
  listener: RequestListener,
  setting: string,
  timeouts = defaultTimeouts,
): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: timeouts.checkMs,
      // Node must not check the Host header, because Node would answer a request without this header with the status
      // 400 and no body. `readContext` checks the header and explains the error.
      requireHostHeader: false,
      // Node creates no stream for a request without a body. Such a request emits no `end`, and `readableEnded` is true
      // from the start. Node before 24.12 ignores this option.
      optimizeEmptyRequests: true,
    },
    listener,
  );
  server.on('clientError', answerInvalidRequest);
  // If a request has an unknown Expect header, Node by default sends the status 417 without a body. RFC 9110 section
  // 10.1.1 allows the server to ignore the header, so `listener` answers the request as usual.
  server.on('checkExpectation', listener);
  await listenAt(server, listen).catch((cause: Error) => {
    throw cannotListen(listen, setting, cause);
  });
  // Node emits this event if it cannot accept a connection, for example because the process has too many open files.
  // Only that connection is lost. Without a listener, the event would end the process.
  server.on('error', () => {});
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
        `port ${listen.port} on ${listen.host} is in use by another program. Stop that program, or set another port in ${setting}.`,
        { cause },
      )
    : new DockpassError(
        'port_in_use',
        `cannot listen on ${formatListen(listen)}: ${messageOf(cause)}. Set another address in ${setting}.`,
        { cause },
      );
}

/**
 * Stops the server and resolves when all connections are closed. Each connection is closed as soon as it is idle. After
 * the drain timeout, all connections that are still open are closed, even if a client has not yet sent its whole
 * request or not yet read the response.
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

/** How long a client has to close its side of a connection after the answer to an invalid request, in milliseconds. */
const closeTimeoutMs = 1000;

/** The HTTP status, reason phrase and message for each error code of Node's HTTP server. */
const invalidRequests: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'the headers are larger than 16 KiB. Request fewer scopes at once.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time. Send it again.'],
};

/**
 * Answers requests that Node's HTTP parser rejects. The response body has the same format as for other errors, so that
 * docker can show the message.
 */
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
  // docker reads `errors`, and OAuth2 clients read `error` and `error_description`. Here it is unknown which kind
  // of client sent the request, so the body contains all three members.
  const body = JSON.stringify({
    errors: [{ code: 'UNSUPPORTED', message }],
    error: 'invalid_request',
    error_description: message,
  });
  const headers = [
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...(status === 408 ? [`${incompleteHeader.name}: ${incompleteHeader.value}`] : []),
  ];
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  // `end` closes only this side of the connection. The client may never close its side.
  setTimeout(() => socket.destroy(), closeTimeoutMs).unref();
}
