import { get as httpGet, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import request from 'supertest';
import { beforeAll, expect, test } from 'vitest';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});

const get = (path: string, host = privateHost) =>
  request(issuer.url).get(path).set({ Host: host, Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });

test.each(['/auth/', '/auth', '/auth/users/alice', '/auth/repositories/team%2Fapp', '/auth/setup'])(
  'answers %s with the page of the console',
  async (path) => {
    const { status, headers, text } = await get(path);
    expect(status).toBe(200);
    expect(text).toContain('<div id="console"></div>');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
  },
);

test('sends the files of the page compressed, and lets browsers keep them', async () => {
  const { text } = await get('/auth/');
  const files = [...text.matchAll(/"(\/auth\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(files.length).toBeGreaterThan(3);
  const sizes: Record<string, number> = { js: 0, css: 0 };
  for (const path of files) {
    const read = (encoding: string) => readRaw(path, encoding);
    const plain = await read('identity');
    const brotli = await read('br, gzip');
    expect(brotli.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'Accept-Encoding',
    });
    const sent = brotli.body;
    const content =
      brotli.headers['content-encoding'] === 'br' ? brotliDecompressSync(sent) : gunzipSync(sent);
    expect(content.equals(plain.body)).toBe(true);
    const kind = path.split('.').at(-1) ?? '';
    sizes[kind] = (sizes[kind] ?? 0) + sent.length;
  }
  // The first screen. What it loads later is measured in the browser.
  expect(sizes['js']).toBeLessThan(80_000);
  expect(sizes['css']).toBeLessThan(15_000);
});

test.each([
  ['a file that does not exist', '/auth/assets/none-12345678.js'],
  ['a path that leaves the folder', '/auth/assets/..%2f..%2fpackage.json'],
  ['an index with a false name', '/auth/assets/index.html'],
])('answers 404 to %s', async (_title, path) => {
  const { status, body } = await get(path);
  expect([status, (body as { errors: { code: string }[] }).errors[0]?.code]).toEqual([404, 'NOT_FOUND']);
});

test('does not answer programs with a page', async () => {
  const answer = await request(issuer.url)
    .get('/auth/nothing')
    .set({ Host: privateHost, Accept: 'application/json' });
  expect([answer.status, answer.type]).toEqual([404, 'application/json']);
  const posted = await request(issuer.url)
    .post('/auth/users')
    .set({ Host: privateHost, Accept: 'text/html' });
  expect(posted.status).toBe(404);
});

test('has no console under a public domain', async () => {
  for (const path of ['/auth/users', '/auth/setup', '/auth/assets/none.js']) {
    const { text } = await get(path, publicHost);
    expect(text).not.toContain('<div id="console"></div>');
  }
});

test('asks to use HTTPS if the proxy says that the browser speaks plain HTTP', async () => {
  const plain = await get('/auth/').set('X-Forwarded-Proto', 'http');
  expect(plain.status).toBe(200);
  expect(plain.text).toContain('The console needs HTTPS');
  expect(plain.text).toContain(`https://${privateHost}/auth/`);
  expect(plain.text).not.toContain('<script');
  const secure = await get('/auth/').set('X-Forwarded-Proto', 'https');
  expect(secure.text).toContain('<div id="console"></div>');
  const local = await get('/auth/', 'localhost:5001').set('X-Forwarded-Proto', 'http');
  expect(local.text).toContain('<div id="console"></div>');
});

test('answers HEAD without a body', async () => {
  const { status, headers, text } = await request(issuer.url)
    .head('/auth/')
    .set({ Host: privateHost, Accept: 'text/html' });
  expect([status, text]).toEqual([200, undefined]);
  expect(Number(headers['content-length'])).toBeGreaterThan(300);
});

/** Reads a file without decompressing it, which supertest always does. */
function readRaw(path: string, encoding: string): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { Host: privateHost, 'Accept-Encoding': encoding };
    httpGet(`${issuer.url}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    }).on('error', reject);
  });
}
