import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { publicHost, startIssuer, type ErrorBody, type TestIssuer } from '../support/dockpass/issuer.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';
import { anyOf, latin1, sentRequest } from '../support/fuzz/requests.ts';
import { exchange, type RawAnswer } from '../support/network/raw-http.ts';

let issuer: TestIssuer;

beforeAll(async () => {
  // The tests need not check for unhandled rejections of the server, because vitest itself fails on them.
  issuer = await startIssuer();
  await issuer.addUser('alice', 'correct horse battery');
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
      fc.asyncProperty(fc.array(sentRequest, { minLength: 10, maxLength: 10 }), async (requests) => {
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
    const asked = fc.array(fc.tuple(sentRequest, paths), { minLength: 10, maxLength: 10 });
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
