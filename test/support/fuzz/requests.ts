import fc from 'fast-check';
import { privateHost, publicHost } from '../dockpass/issuer.ts';
import { basic } from '../network/raw-http.ts';

/** Generators for hostile requests, for property tests of the whole server and of its parsers. */

/** A text of visible characters of ISO 8859-1, which are single bytes in a request. */
export const latin1 = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength,
  });
export const anyOf = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

const method = fc.oneof(
  { weight: 6, arbitrary: anyOf('GET', 'POST', 'HEAD') },
  { weight: 2, arbitrary: anyOf('PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH', 'get') },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Z]{1,12}$/).filter((word) => word !== 'CONNECT') },
);
const piece = fc.oneof(
  anyOf('service=registry', 'scope=repository:a:pull', 'scope=', 'account=alice', 'grant_type=password', '&'),
  anyOf(
    'username=alice&password=x',
    'grant_type=refresh_token&refresh_token=dpi_x',
    'token=dpi_x&token_type_hint=refresh_token',
    'scope=registry:catalog:*',
    '%',
    '%zz',
    '%00',
    '%ff',
    '__proto__=1',
    '=',
    '+',
  ),
  latin1(20),
);
/** A query or a form, with valid, repeated and malformed parameters. */
export const parameters = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('&'));
const path = fc.oneof(
  {
    weight: 5,
    arbitrary: anyOf(
      '/auth/token',
      '/auth/token/',
      '/AUTH/token',
      '/auth/jwks',
      '/auth/forward',
      '/auth/revoke',
    ),
  },
  {
    weight: 2,
    arbitrary: anyOf('/', '//', '/auth', '/auth/%zz', '/auth/../x', '*', 'http://pub.example.com/auth/token'),
  },
  {
    weight: 2,
    arbitrary: anyOf('http://[', 'http://[::1', 'http://a:b@c/', 'http:', 'x', '//[', '/\\', 'https://%/'),
  },
  { weight: 1, arbitrary: latin1(30).map((text) => `/${text}`) },
  { weight: 1, arbitrary: latin1(30).map((text) => `http://${text}/auth/token`) },
);
const target = fc.oneof(
  path,
  fc.tuple(path, parameters).map(([at, query]) => `${at}?${query}`),
);
const header = fc.oneof(
  anyOf(publicHost, privateHost).map((host) => `Host: ${host}`),
  latin1(20).map((host) => `Host: ${host}`),
  anyOf(basic('alice', 'wrong'), basic('', ''), 'Basic', 'Bearer x', 'Basic !').map(
    (value) => `Authorization: ${value}`,
  ),
  anyOf('X-Forwarded-For: 1.2.3.4, x', 'X-Forwarded-Host: evil', 'Forwarded: host=evil', 'Cookie: a=b'),
  anyOf(
    'X-Forwarded-Method: GET',
    'X-Forwarded-Method: X',
    'X-Forwarded-Uri: /v2/a/tags/list',
    'X-Forwarded-Uri: %',
  ),
  anyOf(
    'Expect: 100-continue',
    'Expect: nonsense',
    'Upgrade: websocket',
    'Connection: upgrade',
    'TE: trailers',
  ),
  anyOf(
    'Content-Encoding: gzip',
    'Content-Type: text/plain',
    'Accept: x',
    'Range: bytes=0-',
    'If-None-Match: *',
  ),
  fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,15}$/), latin1(40)).map(([name, value]) => `${name}: ${value}`),
  // An empty line is left out, because it would end the head before the header Connection: close.
  latin1(40).filter((line) => line !== ''),
);
const body = fc.oneof(fc.constant(''), parameters, latin1(200));
const framing = fc.constantFrom('length', 'chunked', 'none');

export interface SentRequest {
  readonly method: string;
  /** The bytes of the request, one character for each byte. */
  readonly text: string;
}

/** A request to any endpoint, with hostile targets, headers and bodies. The server closes the connection after it. */
export const sentRequest: fc.Arbitrary<SentRequest> = fc
  .record({
    method,
    target,
    version: anyOf('1.1', '1.1', '1.1', '1.0', '2.0'),
    headers: fc.array(header, { maxLength: 6 }),
    body,
    framing,
  })
  .map(({ method, target, version, headers, body, framing }): SentRequest => {
    const form = 'Content-Type: application/x-www-form-urlencoded';
    const [lines, payload] =
      framing === 'length'
        ? [[form, `Content-Length: ${body.length}`], body]
        : framing === 'chunked'
          ? [
              [form, 'Transfer-Encoding: chunked'],
              body === '' ? '0\r\n\r\n' : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
            ]
          : [[], ''];
    const head = [
      `${method} ${target} HTTP/${version}`,
      'Host: pub.example.com',
      ...headers,
      ...lines,
      'Connection: close',
    ];
    return { method, text: `${head.join('\r\n')}\r\n\r\n${payload}` };
  });
