import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Sends bytes as they are, for requests that no HTTP client would make, and reads until the server closes: send
 * `Connection: close` where it would not by itself. Undefined where it closed without an answer.
 * `end`: nothing more will come, whatever the bytes promise.
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

/** A request line and headers with `Connection: close`, joined as HTTP wants them. */
export function rawRequest(requestLine: string, headers: readonly string[], body = ''): string {
  return [requestLine, ...headers, 'Connection: close', '', body].join('\r\n');
}

/** The header of RFC 7617. */
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
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (end < 0 || status === undefined) return undefined;
  // 100 Continue goes before the answer.
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
  // What follows is the answer to whatever followed the request.
  const length = Number(fields.get('content-length') ?? Infinity);
  const whole = isChunked ? unchunked(body) : Buffer.from(body).subarray(0, length).toString();
  return { status: Number(status), headers: fields, body: whole };
}

function unchunked(text: string): string {
  const size = parseInt(text, 16);
  if (!(size > 0)) return '';
  const start = text.indexOf('\r\n') + 2;
  return text.slice(start, start + size) + unchunked(text.slice(start + size + 2));
}
