import { beforeAll, describe, expect, test } from 'vitest';
import { parseDomain } from '../../../src/realm/domain.ts';
import type { EdgeKind } from '../../support/edge/edge-process.ts';
import { apiAnswer, reach, type Reached } from '../../support/edge/recording-servers.ts';
import { needs } from '../../support/run/parts.ts';
import { testAuthority } from '../../support/tls/tls.ts';

// What the console, the administration API and the public catalog need from each edge, and what keeps pushed files from
// running in the console's origin.

const edgeKinds: readonly EdgeKind[] = ['caddy', 'nginx', 'traefik'];
const basic = (name: string): string => `Basic ${Buffer.from(`${name}:secret`).toString('base64')}`;
const sandboxed = { 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' };

describe.each(edgeKinds)('edge %s', (kind) => {
  needs(kind, 'openssl')('with a certificate', () => {
    let at: Reached;
    beforeAll(async () => {
      const { certificateFile, keyFile } = await (await testAuthority()).issue(['reg.test']);
      at = await reach(kind, { kind: 'files', certificate: certificateFile, key: keyFile });
    });

    test.each([
      ['/', '/auth/'],
      ['/?from=bookmark', '/auth/'],
      ['/robots.txt', '/auth/robots.txt'],
    ])('redirects GET and HEAD %s to %s of the same host and port', async (path, location) => {
      const before = at.registry.count + at.dockpass.count;
      for (const method of ['GET', 'HEAD']) {
        const answer = await at.send(method, path, { host: 'reg.test:8443' });
        expect([302, 307]).toContain(answer.status);
        expect(answer.headers.location).toBe(location);
        expect(answer.headers).not.toHaveProperty('content-security-policy');
      }
      expect((await at.send('POST', path, {}, 'a body')).status).toBe(404);
      expect(at.registry.count + at.dockpass.count).toBe(before);
    });

    test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
      'passes on %s requests for the administration API and their answers unchanged',
      async (method) => {
        const path = '/auth/api/v1/repositories/team%2Fapp%2fweb/tags/v1%2E0?limit=1&q=a%20b';
        const headers = {
          host: 'reg.test:8443',
          cookie: '__Host-dockpass=secret; other=1',
          'if-match': '"6"',
          'idempotency-key': '7d0c',
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/merge-patch+json',
          authorization: 'Bearer token',
          origin: 'https://reg.test:8443',
        };
        const body = ['GET', 'DELETE'].includes(method) ? '' : '{"a":1}';
        const answer = await at.send(method, path, headers, body);
        expect(at.dockpass.last).toMatchObject({ method, body, headers });
        // Traefik writes an encoded character that needs no encoding as the character itself, which means the same.
        const url = kind === 'traefik' ? path.replace('%2E', '.').replace('%2f', '%2F') : path;
        expect(at.dockpass.last?.url).toBe(url);
        expect(answer).toMatchObject({ status: apiAnswer.status, body: apiAnswer.body });
        expect(answer.headers).toMatchObject({
          'content-type': 'application/problem+json',
          etag: '"7"',
          'set-cookie': apiAnswer.headers['Set-Cookie'],
        });
        expect(answer.headers).not.toHaveProperty('content-security-policy');
      },
    );

    test.each(['/auth/', '/auth/users/alice?tab=tokens', '/auth/assets/app.js'])(
      'passes on cookies with %s',
      async (path) => {
        await at.get(path, { cookie: '__Host-dockpass=secret' });
        expect(at.dockpass.last).toMatchObject({
          url: path,
          headers: { cookie: '__Host-dockpass=secret' },
        });
      },
    );

    test.each(['/auth/token', '/auth/token?service=registry', '/auth/revoke', '/auth/Token', '/auth/token/'])(
      'keeps cookies from %s',
      async (path) => {
        const answer = await at.send('POST', path, { cookie: `a=${'b'.repeat(20_000)}` }, 'grant_type=x');
        expect(answer.status).toBe(200);
        expect(at.dockpass.last).toMatchObject({ method: 'POST', body: 'grant_type=x' });
        expect(at.dockpass.last?.headers).not.toHaveProperty('cookie');
      },
    );

    test('keeps cookies from the registry and from /auth/forward', async () => {
      const cookie = '__Host-dockpass=secret';
      const before = at.dockpass.count;
      await at.get('/v2/a/tags/list', { cookie, authorization: 'Bearer of-the-console' });
      expect(at.registry.last?.headers.authorization).toBe('Bearer of-the-console');
      expect(at.registry.last?.headers).not.toHaveProperty('cookie');
      expect(at.dockpass.count).toBe(before);
      await at.get('/v2/a/tags/list', { cookie, authorization: basic('alice') });
      for (const { last } of [at.registry, at.dockpass]) expect(last?.headers).not.toHaveProperty('cookie');
      expect(at.dockpass.last?.url).toBe('/auth/forward');
    });

    test.each([
      ['an answer', 200, '/v2/a/blobs/sha256:0', undefined],
      ["the registry's own denial", 401, '/v2/refused', undefined],
      ['a missing image', 404, '/v2/missing', 'Bearer abc'],
      ['an answer that has one of the headers already', 200, '/v2/nosniff', 'Bearer abc'],
      ['an answer to Basic', 200, '/v2/a/tags/list', basic('alice')],
      ['a wrong password', 401, '/v2/a/tags/list', basic('wrong')],
      ['a denial by dockpass', 403, '/v2/a/tags/list', basic('forbidden')],
    ])('lets browsers run nothing of %s (%i)', async (_name, status, path, authorization) => {
      const answer = await at.get(path, authorization === undefined ? {} : { authorization });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject(sandboxed);
    });
  });

  needs(kind)('without TLS, behind a trusted proxy', () => {
    test('redirects to a path, and tells the console the scheme that the client used', async () => {
      const at = await reach(kind, { kind: 'off' }, ['127.0.0.0/8']);
      const answer = await at.get('/', { host: 'reg.test', 'x-forwarded-proto': 'https' });
      expect(answer.headers.location).toBe('/auth/');
      // A proxy in front does not always send X-Forwarded-Proto.
      for (const [host, scheme] of [
        ['reg.test', 'https'],
        ['reg.test:8443', 'https'],
        ['localhost:5001', 'http'],
        ['127.0.0.1:5001', 'http'],
      ] as const) {
        await at.get('/auth/', { host });
        expect([host, at.dockpass.last?.headers['x-forwarded-proto']]).toEqual([host, scheme]);
      }
    });
  });

  needs(kind)('that denies a write, or whose registry does not answer', () => {
    test('lets browsers run nothing of these answers', async () => {
      const publicDomains = [parseDomain('pub.test')];
      const at = await reach(kind, { kind: 'off' }, [], { publicDomains });
      const upload = '/v2/a/blobs/uploads/';
      // Traefik asks dockpass whether a write is allowed, and the server that stands in for dockpass always allows it.
      const status = kind === 'traefik' ? 200 : 403;
      const denied = await at.send('POST', upload, { host: 'pub.test', authorization: 'Bearer abc' }, 'a');
      expect(denied).toMatchObject({ status, headers: sandboxed });
      at.registry.stop();
      const broken = await at.get('/v2/', { host: 'reg.test' });
      expect(broken.status).toBe(kind === 'traefik' ? 502 : 503);
      expect(broken.headers).toMatchObject(sandboxed);
      at.dockpass.stop();
      const console = await at.get('/auth/', { host: 'reg.test' });
      expect(console.status).toBe(kind === 'traefik' ? 502 : 503);
      expect(console.headers).not.toHaveProperty('content-security-policy');
    });
  });
});
