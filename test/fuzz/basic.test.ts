import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { DockpassError } from '../../src/errors.ts';
import { basicCredentials } from '../../src/http/basic-credentials.ts';
import { publicHost, privateHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';
import { exchange, rawRequest } from '../support/network/raw-http.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((all) => Buffer.from(all)),
  fc
    .tuple(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('', ':', '::', ':\0', '\n:'),
      fc.string({ maxLength: 12 }),
    )
    .map((texts) => Buffer.from(texts.join(''))),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(`alice:${text}`)),
);
const scheme = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('Basic ', 'basic ', 'BASIC   ') },
  { weight: 1, arbitrary: fc.constantFrom('Basic', 'Basic	', 'Bearer ', 'Basic Basic ', '', ' Basic ') },
);
const encoded = fc
  .tuple(bytes, fc.constantFrom('base64', 'base64', 'base64', 'base64url', 'hex', 'latin1'))
  .map(([text, encoding]) => text.toString(encoding));
const odd = fc.oneof(
  { weight: 1, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '=',
      '==',
      '===',
      ' ',
      '  ',
      ',',
      ', Basic eDp5',
      '	',
      '%3D',
      '-',
      '_',
      '"',
      'é',
      ':',
    ),
  },
);
const header = fc
  .tuple(scheme, encoded, odd, fc.nat(60))
  .map(([word, text, put, at]) => `${word}${text.slice(0, at)}${put}${text.slice(at)}`);

test('a header is read as RFC 7617 says, or the login fails; it is never anonymous', async () => {
  const counts = { read: 0, refused: 0 };
  const property = fc.property(header, (text) => {
    const credentials = readOrRejected(text);
    if (credentials === undefined) {
      counts.refused++;
      return;
    }
    counts.read++;
    expect(credentials.kind).toBe('password');
    if (credentials.kind !== 'password') return;
    const { name, password } = credentials;
    expect(name).not.toBe('');
    expect(name).not.toContain(':');
    const both = `${name}:${password.reveal()}`;
    expect(both).not.toMatch(/[\0-\x1f\x7f]/);
    // The header contains exactly these bytes, and nothing after them.
    const [, token68 = ''] = /^basic +([^ ]+) *$/i.exec(text) ?? [];
    expect(token68.replace(/=+$/, '').length).toBe(Math.ceil((Buffer.byteLength(both) * 4) / 3));
    expect(Buffer.from(token68, 'base64').equals(Buffer.from(both))).toBe(true);
  });
  await fuzz(property, 20_000);
  // Make sure that enough of the headers were valid, and enough of them invalid.
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(1000);
});

test('a header that names no user gives no token, also where anyone may pull', async () => {
  const asked = fc.record({
    text: header.filter((text) => /\S/.test(text) && !/[\r\n\0]/.test(text)),
    host: fc.constantFrom(publicHost, privateHost),
  });
  const property = fc.asyncProperty(fc.array(asked, { minLength: 10, maxLength: 10 }), async (requests) => {
    const answers = await Promise.all(
      requests.map(({ text, host }) =>
        exchange(
          issuer.port,
          rawRequest('GET /auth/token?service=registry&scope=repository:a:pull HTTP/1.1', [
            `Host: ${host}`,
            `Authorization: ${text}`,
          ]),
        ),
      ),
    );
    for (const answer of answers) {
      // 400: the HTTP parser rejects the characters. 429: too many wrong passwords from this address.
      expect([400, 401, 429]).toContain(answer?.status);
      expect(answer?.body).not.toContain('"token"');
    }
  });
  await fuzz(property, 100);
});

function readOrRejected(text: string): ReturnType<typeof basicCredentials> | undefined {
  try {
    return basicCredentials(text);
  } catch (error) {
    expect(error).toBeInstanceOf(DockpassError);
    expect(error).toMatchObject({ code: 'wrong_credentials' });
    return undefined;
  }
}
