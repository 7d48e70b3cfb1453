import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { formatListen, type ListenAddress } from '../net/listen-address.ts';
import { DockpassError, messageOf } from '../errors.ts';

// Not imported: that reads every export of node:http, and with WebSocket loads undici, for 50 ms and 14 MB.
const { createServer } = process.getBuiltinModule('node:http');

/** Milliseconds. A client that has not sent its headers by then is not worth waiting for. */
const headersTimeout = 10_000;
const requestTimeout = 15_000;
/** Longer than nginx's and Caddy's own, so that they close idle connections first and no request meets a closed one. */
const keepAliveTimeout = 130_000;
/** What requests in flight get when the server stops: half of what docker and systemd give before they kill. */
const drainTime = 5000;

export interface RunningServer {
  readonly address: ListenAddress;
  /** Requests in flight are answered, then all connections are closed. */
  close(): Promise<void>;
}

/** @throws DockpassError `port_in_use` */
export async function startServer(
  listen: ListenAddress,
  listener: RequestListener,
  setting: string,
): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout,
      requestTimeout,
      keepAliveTimeout,
      connectionsCheckingInterval: 2000,
      // node would refuse it without a word: readContext does.
      requireHostHeader: false,
    },
    listener,
  );
  server.on('clientError', answerUnreadable);
  // An expectation that we do not know may be ignored (RFC 9110 section 10.1.1); node answers it without a body.
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
  const where = formatListen(listen);
  return cause.code === 'EADDRINUSE'
    ? new DockpassError(
        'port_in_use',
        `port ${listen.port} on ${listen.host} is in use by another program: stop it, or choose another with ${setting}`,
        { cause },
      )
    : new DockpassError(
        'port_in_use',
        `cannot listen on ${where}: ${messageOf(cause)}; choose another address with ${setting}`,
        { cause },
      );
}

/**
 * Ends when every connection has. Those that are kept alive are closed as they fall idle; what a client has not sent,
 * or not read, by the end of the draining is given up.
 */
async function closeServer(server: Server): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const end = setTimeout(() => server.closeAllConnections(), drainTime);
  try {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  } finally {
    clearInterval(sweep);
    clearTimeout(end);
  }
}

const unreadable: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'the headers are larger than 16 KiB; ask for fewer scopes at once',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time'],
};

/** What node's parser refuses gets a body that docker can show, like every other refusal. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, phrase, message] = unreadable[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'the request is not valid HTTP',
  ];
  // Nobody knows any more whether it was a POST: for docker, and for OAuth clients.
  const body = JSON.stringify({
    errors: [{ code: 'UNSUPPORTED', message }],
    error: 'invalid_request',
    error_description: message,
  });
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
