import { Agent, request } from 'node:http';
import { afterwards } from '../run/afterwards.ts';
import { basic } from '../network/raw-http.ts';

export interface TokenAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export interface Asked {
  /** The Host header, which decides the realm. In these tests, 127.0.0.1 is public and localhost is private. */
  readonly host?: string;
  readonly user?: string;
  readonly password?: string;
  /** The `X-Forwarded-For` header. It has an effect only if the test's address is a trusted proxy. */
  readonly from?: string;
  readonly query?: string;
  /** The form of a POST request. If undefined, a GET request is sent. */
  readonly form?: Readonly<Record<string, string>>;
}

export const password = 'correct horse battery staple';

/** Returns a function that requests tokens over connections that stay open. */
export function tokenAsker(port: number, address = '127.0.0.1'): (asked?: Asked) => Promise<TokenAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  afterwards(() => agent.destroy());
  return (asked = {}) =>
    new Promise((resolve, reject) => {
      const form = asked.form && new URLSearchParams(asked.form).toString();
      const query = asked.query ?? 'service=registry&scope=repository:a:pull';
      const sending = request(
        {
          agent,
          port,
          host: address,
          method: form === undefined ? 'GET' : 'POST',
          path: form === undefined ? `/auth/token?${query}` : '/auth/token',
          headers: {
            host: asked.host ?? (asked.user === undefined && form === undefined ? '127.0.0.1' : 'localhost'),
            ...(asked.user !== undefined && {
              authorization: basic(asked.user, asked.password ?? password),
            }),
            ...(asked.from !== undefined && { 'x-forwarded-for': asked.from }),
            ...(form !== undefined && {
              'content-type': 'application/x-www-form-urlencoded',
              'content-length': String(Buffer.byteLength(form)),
            }),
          },
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
          response.once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body }),
          );
        },
      );
      sending.once('error', reject);
      sending.end(form);
    });
}
