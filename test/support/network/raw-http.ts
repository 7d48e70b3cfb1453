import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Sends bytes unchanged, for requests that no HTTP client would send, and reads until the server closes the connection.
 * If the server would keep the connection open, send `Connection: close`. With `end`, the sending side is closed after
 * the bytes, even if they announce a longer body.
 * @returns undefined if the server closed the connection without an answer
 */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  { host = '127.0.0.1', end = false }: { host?: string | undefined; end?: boolean } = {},
): Promise<RawAnswer | undefined> {
  const socket = connect({ port, host });
  socket.on('error', () => undefined);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  if (end) socket.end();
  return parseAnswer(await readAll(socket));
}

/** Builds the text of a request from its request line, its headers and `Connection: close`. */
export function rawRequest(requestLine: string, headers: readonly string[], body = ''): string {
  return [requestLine, ...headers, 'Connection: close', '', body].join('\r\n');
}

/** Returns the value of an Authorization header with Basic credentials (RFC 7617). */
export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

export function parseAnswer(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (end < 0 || status === undefined) return undefined;
  // Skip an interim response such as 100 Continue, which precedes the answer.
  if (status.startsWith('1')) return parseAnswer(text.slice(end + 4));
  const headers = text
    .slice(0, end)
    .split('\r\n')
    .slice(1)
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  const body = text.slice(end + 4);
  const fields = new Map(headers);
  const isChunked = fields.get('transfer-encoding') === 'chunked';
  // Bytes after Content-Length belong to the answer to the next request on this connection.
  const length = Number(fields.get('content-length') ?? Infinity);
  const content = isChunked ? unchunked(body) : Buffer.from(body).subarray(0, length).toString();
  return { status: Number(status), headers: fields, body: content };
}

function unchunked(text: string): string {
  const size = parseInt(text, 16);
  if (!(size > 0)) return '';
  const start = text.indexOf('\r\n') + 2;
  return text.slice(start, start + size) + unchunked(text.slice(start + size + 2));
}
