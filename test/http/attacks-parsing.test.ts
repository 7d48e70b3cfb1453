import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessIn,
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';
import { exchange, rawRequest, type RawAnswer } from '../support/network/raw-http.ts';

const password = 'correct horse battery';
const credentials = `grant_type=password&username=alice&password=${password}`;
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
});

const post = (type: string, body: string, headers: Record<string, string> = {}) =>
  request(issuer.url)
    .post('/auth/token')
    .set({ Host: privateHost, 'Content-Type': type, ...headers })
    .send(body);

const form = 'application/x-www-form-urlencoded';

test('slow: answers half a header and half a form with 408', { timeout: 60_000 }, async () => {
  const begun = rawRequest(
    'POST /auth/token HTTP/1.1',
    [`Host: ${privateHost}`, `Content-Type: ${form}`, 'Content-Length: 100'],
    'grant',
  );
  const answers = await Promise.all([
    exchange(issuer.port, `GET /auth/token HTTP/1.1\r\nHost: ${privateHost}\r\n`),
    exchange(issuer.port, begun),
  ]);
  for (const answer of answers) {
    expect(answer?.status).toBe(408);
    expect(answer?.headers.get('x-dockpass-request')).toBe('incomplete');
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({
      errors: [{ message: 'the request did not arrive in time. Send it again.' }],
      error: 'invalid_request',
    });
  }
});

const raw = (headers: readonly string[], body: string): Promise<RawAnswer | undefined> =>
  exchange(issuer.port, rawRequest('POST /auth/token HTTP/1.1', [`Host: ${privateHost}`, ...headers], body));

describe('attack matrix, parsing', () => {
  test.each([
    'service=registry&service=registry',
    'service=registry&service=other',
    'service=&service=registry',
    'account=alice&account=bob',
  ])('36: rejects a repeated parameter in %s', async (query) => {
    const answer = await issuer.get(publicHost, query);
    expect([answer.status, refusalIn(answer)]).toEqual([400, 'bad_request']);
  });

  test.each(['grant_type=password', 'username=bob', 'password=x', 'service=registry&service=registry'])(
    '36: rejects a repeated parameter in the form, %s',
    async (more) => {
      const answer = await issuer.post(privateHost, `${credentials}&${more}`);
      expect([answer.status, refusalIn(answer)]).toEqual([400, 'bad_request']);
    },
  );

  test('37: rejects a JSON body', async () => {
    const answer = await post(
      'application/json',
      JSON.stringify({ grant_type: 'password', username: 'alice', password }),
    );
    expect([answer.status, refusalIn(answer)]).toEqual([415, 'unsupported_media_type']);
  });

  test.each([`${form};charset=utf-8`, `${form}; charset=UTF-8`, 'Application/X-WWW-Form-Urlencoded'])(
    '38: accepts %s as a form',
    async (type) => {
      expect((await post(type, credentials)).status).toBe(200);
    },
  );

  test.each(['text/plain', 'multipart/form-data; boundary=x', `${form}-not`, `text/${form}`, '*/*'])(
    '38: rejects %s as a form',
    async (type) => {
      expect((await post(type, credentials)).status).toBe(415);
    },
  );

  test('38: rejects a body without a type', async () => {
    expect((await raw([`Content-Length: ${credentials.length}`], credentials))?.status).toBe(415);
  });

  test('39: ignores parameters with brackets and __proto__', async () => {
    const strange =
      'a[b]=1&__proto__=2&__proto__[admin]=3&constructor.prototype.x=4&scope[]=repository:b:pull';
    const answer = await issuer.get(publicHost, `${strange}&scope=repository:a:pull`);
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'a', actions: ['pull'] }]);
    const posted = await issuer.post(privateHost, `${credentials}&${strange}&grant_type[]=x`);
    expect(posted.status).toBe(200);
    expect(Object.prototype).not.toHaveProperty('admin');
  });

  test('40: ignores credentials in the query and does not log them', async () => {
    const query = `username=alice&password=${password.replaceAll(' ', '+')}&access_token=canary-in-query&grant_type=password`;
    expect(refusalIn(await issuer.get(privateHost, query))).toBe('login_required');
    const everything = [
      ...issuer.logged,
      ...(await issuer.server.store.auditLog.list({})).map((row) => JSON.stringify(row)),
    ];
    expect(everything.join('\n')).not.toMatch(/horse|canary-in-query/);
  });

  test.each(['PUT', 'TRACE', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'QUERY'])(
    '41: answers %s with 405',
    async (method) => {
      const message = rawRequest(`${method} /auth/token HTTP/1.1`, [`Host: ${publicHost}`, 'X-Canary: echo']);
      const answer = await exchange(issuer.port, message);
      expect(answer?.status).toBe(405);
      expect(answer?.headers.get('allow')).toBe('GET, HEAD, POST');
      expect(answer?.body).not.toContain('X-Canary');
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] });
    },
  );

  describe('42: a body has at most 64 KiB', () => {
    const filled = (length: number): string => `${credentials}&x=`.padEnd(length, 'x');

    test('accepts 64 KiB', async () => {
      expect((await issuer.post(privateHost, filled(64 * 1024))).status).toBe(200);
    });

    test.each([64 * 1024 + 1, 200_000, 2_000_000])(
      'answers %i bytes with 413, and the client can read the response',
      async (length) => {
        const answer = await raw([`Content-Type: ${form}`, `Content-Length: ${length}`], filled(length));
        expect(answer?.status).toBe(413);
        expect(JSON.parse(answer?.body ?? '')).toMatchObject({ error: 'invalid_request' });
      },
    );

    test('rejects more than 64 KiB in chunks without a length', async () => {
      const chunk = filled(32 * 1024);
      const chunked = `${`${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(3)}0\r\n\r\n`;
      const answer = await raw([`Content-Type: ${form}`, 'Transfer-Encoding: chunked'], chunked);
      expect(answer?.status).toBe(413);
    });
  });

  test.each([
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Transfer-Encoding: gzip, chunked', 'Content-Length: 5'],
    ['Transfer-Encoding: xchunked'],
    ['Content-Length: -1'],
    ['Content-Length: 0x5'],
    ['Content-Length : 5'],
  ])('43: rejects ambiguous lengths, %s %s', async (...headers) => {
    const answer = await raw([`Content-Type: ${form}`, ...headers], '0\r\n\r\n');
    expect(answer?.status).toBe(400);
    expect(JSON.parse(answer?.body ?? '')).toHaveProperty('errors');
  });

  test('44: rejects a compressed body', async () => {
    const body = gzipSync(credentials);
    const head = rawRequest('POST /auth/token HTTP/1.1', [
      `Host: ${privateHost}`,
      `Content-Type: ${form}`,
      'Content-Encoding: gzip',
      `Content-Length: ${body.length}`,
    ]);
    const answer = await exchange(issuer.port, Buffer.concat([Buffer.from(head), body]));
    expect(answer?.status).toBe(415);
  });
});
