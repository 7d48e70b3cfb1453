import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  privateHost,
  publicHost,
  startIssuer,
  type ErrorBody,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';
import { basic, exchange, type RawAnswer } from '../support/network/raw-http.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

let issuer: TestIssuer;

beforeAll(async () => {
  // The tests need not check for unhandled rejections of the server, because vitest itself fails on them.
  issuer = await startIssuer();
  await issuer.addUser('alice', 'correct horse battery');
});

const latin1 = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength,
  });
const anyOf = (...texts: string[]) => fc.constantFrom(...texts);

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
const parameters = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('&'));
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

interface Sent {
  readonly method: string;
  readonly text: string;
}

const sent = fc
  .record({
    method,
    target,
    version: anyOf('1.1', '1.1', '1.1', '1.0', '2.0'),
    headers: fc.array(header, { maxLength: 6 }),
    body,
    framing,
  })
  .map(({ method, target, version, headers, body, framing }): Sent => {
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

function expectGraceful(answer: RawAnswer | undefined, method: string): void {
  expect(answer).toBeDefined();
  const { status, body } = answer ?? { status: 0, body: '' };
  expect([status, body]).not.toEqual([expect.any(Number), expect.stringContaining('    at ')]);
  // No request causes an internal error. Even 503 cannot occur, because it needs more logins at once.
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  if (status < 400 || method === 'HEAD') return;
  const { errors } = JSON.parse(body) as ErrorBody;
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({
    code: expect.stringMatching(/^[A-Z_]+$/),
    message: expect.stringMatching(/.{10}/),
  });
}

describe('no request causes an internal error', () => {
  test('answers 4,000 random requests with a status below 500 and, if denied, a body that docker can show', async () => {
    await fuzz(
      fc.asyncProperty(fc.array(sent, { minLength: 10, maxLength: 10 }), async (requests) => {
        const answers = await Promise.all(requests.map(({ text }) => exchange(issuer.port, text)));
        for (const [at, { method }] of requests.entries()) expectGraceful(answers[at], method);
      }),
      400,
    );
    expect(issuer.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test('answers 500 random requests to the operations port, which has no logins', async () => {
    const port = Number(new URL(issuer.operationsUrl).port);
    const paths = anyOf('/healthz', '/readyz', '/metrics', '/', '/metrics/..%2f', '/%zz', '//');
    const asked = fc.array(fc.tuple(sent, paths), { minLength: 10, maxLength: 10 });
    await fuzz(
      fc.asyncProperty(asked, async (requests) => {
        const answers = await Promise.all(
          requests.map(([{ text }, path]) => exchange(port, text.replace(/^(\S+) \S+/, `$1 ${path}`))),
        );
        for (const answer of answers) {
          expect(answer?.status).toBeGreaterThanOrEqual(200);
          expect(answer?.status).toBeLessThan(500);
        }
      }),
      50,
    );
  });

  test('answers 2,000 random texts that are not requests', async () => {
    const text = fc.oneof(latin1(100), fc.string({ unit: 'binary', maxLength: 100 }));
    await fuzz(
      fc.asyncProperty(fc.array(text, { minLength: 10, maxLength: 10 }), async (texts) => {
        const answers = await Promise.all(
          texts.map((one) => exchange(issuer.port, `${one}\r\n\r\n`, { end: true })),
        );
        for (const answer of answers) if (answer !== undefined) expectGraceful(answer, 'GET');
      }),
      200,
    );
    expect((await issuer.get(publicHost)).status).toBe(200);
  });

  test.each([
    ['no Host', 'GET /auth/token HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [
      'an absolute target that is no URL',
      `GET http://[ HTTP/1.1\r\nHost: ${publicHost}\r\nConnection: close\r\n\r\n`,
    ],
    ['an empty Host', 'GET /auth/token HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
    [
      'a path that does not decode',
      `GET /auth/%zz HTTP/1.1\r\nHost: ${publicHost}\r\nConnection: close\r\n\r\n`,
    ],
  ])('answers %s with an error message', async (_what, text) => {
    const answer = await exchange(issuer.port, text);
    expectGraceful(answer, 'GET');
    expect(answer?.status).toBeGreaterThanOrEqual(400);
  });

  test('ignores an unknown Expect header', async () => {
    const head = `GET /auth/token HTTP/1.1\r\nHost: ${publicHost}\r\nExpect: x\r\nConnection: close\r\n\r\n`;
    expect((await exchange(issuer.port, head))?.status).toBe(200);
  });

  test('survives CONNECT and upgrade requests', async () => {
    await exchange(issuer.port, 'CONNECT pub.example.com:443 HTTP/1.1\r\nHost: pub.example.com\r\n\r\n');
    const upgrade = await exchange(
      issuer.port,
      `GET /auth/token HTTP/1.1\r\nHost: ${publicHost}\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n`,
    );
    expect(upgrade?.status).toBe(200);
  });
});
