import { once } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseDomain } from '../../../src/realm/domain.ts';
import { clientAddressOf } from '../../../src/net/forwarded-address.ts';
import { parseHost } from '../../../src/net/host.ts';
import { parseTrustedProxies } from '../../../src/net/trusted-proxies.ts';
import type { EdgeKind } from '../../support/edge/edge-process.ts';
import { challenge, reach, type Reached } from '../../support/edge/recording-servers.ts';
import { needs } from '../../support/run/parts.ts';
import { exchange } from '../../support/network/raw-http.ts';
import { testAuthority } from '../../support/tls/tls.ts';

// All edges must behave alike. The registry and dockpass are replaced by servers that record the requests they receive.

const basic = `Basic ${Buffer.from('alice:secret').toString('base64')}`;

const edgeKinds: readonly EdgeKind[] = ['caddy', 'nginx', 'traefik'];

describe.each(edgeKinds)('edge %s', (kind) => {
  needs(kind, 'openssl')('with a certificate', () => {
    let at: Reached;
    beforeAll(async () => {
      const { certificateFile, keyFile } = await (await testAuthority()).issue(['reg.test']);
      at = await reach(kind, { kind: 'files', certificate: certificateFile, key: keyFile });
    });

    test('passes on the Host with its port, and removes forwarding headers of the client', async () => {
      await at.get('/v2/', { host: 'reg.test:8443', ...forgedHeaders });
      expect(at.registry.last?.headers).toMatchObject({
        host: 'reg.test:8443',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': '127.0.0.1',
      });
      for (const name of ['forwarded', 'x-forwarded-host', 'x-real-ip'])
        expect(at.registry.last?.headers).not.toHaveProperty(name);
      await at.get('/auth/token?service=registry', { host: 'reg.test:8443', ...forgedHeaders });
      expect(at.dockpass.last?.url).toBe('/auth/token?service=registry');
      expect(at.dockpass.last?.headers).toMatchObject({
        host: 'reg.test:8443',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': '127.0.0.1',
      });
      for (const name of [
        'forwarded',
        'x-forwarded-host',
        'x-real-ip',
        'x-forwarded-uri',
        'x-forwarded-method',
      ]) {
        expect(at.dockpass.last?.headers).not.toHaveProperty(name);
      }
    });

    test.each([
      '/auth/forward',
      '/auth/forward/',
      '/auth//forward',
      '//auth/forward',
      '/AUTH/Forward',
      '/auth/%66orward',
      '/auth/x/../forward',
      '/auth/forward?a=b',
      '/_dockpass_forward',
      '/v2',
      '/auth',
      '/metrics',
    ])('answers %s with 404 and JSON, without asking dockpass or the registry', async (path) => {
      const before = at.registry.count + at.dockpass.count;
      const answer = await at.get(path, {
        authorization: basic,
        'x-forwarded-uri': '/v2/a/tags/list',
        'x-forwarded-method': 'GET',
      });
      expect(answer.status).toBe(404);
      // This is the only response that Traefik itself can send.
      if (kind === 'traefik') expect(answer.body).toBe('404 page not found\n');
      else expect(JSON.parse(answer.body)).toHaveProperty('errors[0].code', 'NOT_FOUND');
      expect(at.registry.count + at.dockpass.count).toBe(before);
    });

    test('does not change requests without Basic', async () => {
      const before = at.dockpass.count;
      await at.get('/v2/a/tags/list', { authorization: 'Bearer abc' });
      expect(at.registry.last?.headers.authorization).toBe('Bearer abc');
      await at.get('/v2/a/tags/list', {});
      expect(at.registry.last?.headers).not.toHaveProperty('authorization');
      expect(at.dockpass.count).toBe(before);
    });

    test('replaces Basic with the token that dockpass issues for the request', async () => {
      const answer = await at.send(
        'PUT',
        '/v2/a/manifests/1?x=y%20z',
        { host: 'reg.test:8443', authorization: basic, ...forgedHeaders },
        'a body',
      );
      expect(answer.status).toBe(200);
      expect(at.dockpass.last).toMatchObject({ method: 'GET', url: '/auth/forward', body: '' });
      // Traefik sends the original host only in X-Forwarded-Host.
      const host = kind === 'traefik' ? 'x-forwarded-host' : 'host';
      expect(at.dockpass.last?.headers).toMatchObject({
        [host]: 'reg.test:8443',
        authorization: basic,
        'x-forwarded-method': 'PUT',
        'x-forwarded-uri': '/v2/a/manifests/1?x=y%20z',
        'x-forwarded-for': '127.0.0.1',
      });
      if (kind !== 'traefik') expect(at.dockpass.last?.headers).not.toHaveProperty('x-forwarded-host');
      expect(at.registry.last).toMatchObject({
        method: 'PUT',
        url: '/v2/a/manifests/1?x=y%20z',
        body: 'a body',
      });
      expect(at.registry.last?.headers.authorization).toBe('Bearer given');
    });

    test.each([
      ['wrong', 401],
      ['forbidden', 403],
    ])(
      "passes on a denial (%s) as JSON with dockpass's challenge, but never the password",
      async (name, status) => {
        const before = at.registry.count;
        const answer = await at.get('/v2/a/tags/list', {
          authorization: `Basic ${Buffer.from(`${name}:x`).toString('base64')}`,
        });
        expect(answer.status).toBe(status);
        expect(answer.headers['www-authenticate']).toBe(status === 401 ? challenge : undefined);
        expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
        expect(JSON.parse(answer.body)).toHaveProperty('errors[0].message');
        expect(at.registry.count).toBe(before);
      },
    );

    test.each([basic, 'Bearer abc', undefined])(
      'sends a request for the list of repositories unchanged to dockpass, with Authorization %s',
      async (authorization) => {
        const before = [at.registry.count, at.dockpass.count];
        const answer = await at.get('/v2/_catalog?n=5&last=a%2Fb', {
          host: 'reg.test:8443',
          cookie: 'a=b',
          ...forgedHeaders,
          'x-forwarded-uri': '/v2/',
          ...(authorization !== undefined && { authorization }),
        });
        expect([at.registry.count, at.dockpass.count]).toEqual([before[0], (before[1] ?? 0) + 1]);
        expect(at.dockpass.last).toMatchObject({ method: 'GET', url: '/v2/_catalog?n=5&last=a%2Fb' });
        expect(at.dockpass.last?.headers).toMatchObject({
          host: 'reg.test:8443',
          'x-forwarded-proto': 'https',
          'x-forwarded-for': '127.0.0.1',
        });
        expect(at.dockpass.last?.headers.authorization).toBe(authorization);
        for (const name of ['cookie', 'forwarded', 'x-forwarded-uri'])
          expect(at.dockpass.last?.headers).not.toHaveProperty(name);
        expect(answer.headers['content-security-policy']).toBe('sandbox');
      },
    );

    test("passes on the registry's own 401 unchanged", async () => {
      const answer = await at.get('/v2/refused', {});
      expect(answer).toMatchObject({ status: 401, body: '{"errors":[{"code":"UNAUTHORIZED"}]}' });
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="the registry"');
    });

    test('passes on a token of 24 KB', async () => {
      const token = `Bearer ${'a'.repeat(24_000)}`;
      expect((await at.get('/v2/', { authorization: token })).status).toBe(200);
      expect(at.registry.last?.headers.authorization).toBe(token);
    });

    test('streams an upload while it is being sent', async () => {
      const upload = at.open('PATCH', '/v2/a/blobs/uploads/1', { authorization: basic });
      upload.write(Buffer.alloc(300_000));
      await expect.poll(() => at.registry.last?.bytes ?? 0).toBe(300_000);
      upload.end(Buffer.alloc(5));
      await once(upload, 'response');
      expect(at.registry.last?.bytes).toBe(300_005);
    });
  });

  needs(kind)('without TLS', () => {
    let at: Reached;
    beforeAll(async () => {
      at = await reach(kind, { kind: 'off' });
    });

    test.each([
      ['localhost', undefined, 'http'],
      ['localhost:5001', undefined, 'http'],
      ['pub.localhost:5001', undefined, 'http'],
      ['LOCALHOST', undefined, 'http'],
      ['127.0.0.1:5001', undefined, 'http'],
      ['127.8.8.8', undefined, 'http'],
      ['[::1]:5001', undefined, 'http'],
      ['reg.example.com', undefined, 'https'],
      ['reg.example.com:5001', undefined, 'https'],
      ['notlocalhost', undefined, 'https'],
      ['localhost.example.com', undefined, 'https'],
      ['127.0.0.1.example.com', undefined, 'https'],
      ['10.0.0.1', undefined, 'https'],
      ['localhost', 'https', 'https'],
      ['reg.example.com', 'http', 'http'],
      ['reg.example.com', 'http, https', 'http'],
      ['localhost', 'HTTPS,http', 'https'],
      ['reg.example.com', 'nonsense', 'https'],
      ['reg.example.com', 'httpsnonsense', 'https'],
    ])('for the host %s with X-Forwarded-Proto %s, uses the scheme %s', async (host, outer, scheme) => {
      // No proxy is trusted here, so Traefik ignores X-Forwarded-Proto from the client. It then assumes https for every
      // host that is not this machine.
      const isOuterTrusted = kind !== 'traefik' || outer === undefined;
      const expected = isOuterTrusted ? scheme : host === 'localhost' ? 'http' : 'https';
      await at.get('/v2/', { host, ...(outer !== undefined && { 'x-forwarded-proto': outer }) });
      expect(at.registry.last?.headers['x-forwarded-proto']).toBe(expected);
    });

    test('does not trust a client that sends X-Forwarded-For', async () => {
      await at.get('/v2/', forgedHeaders);
      expect(at.registry.last?.headers['x-forwarded-for']).toBe('127.0.0.1');
    });
  });

  // Traefik cannot deny writes itself. It asks dockpass instead (see render.test.ts).
  const answersItself: readonly string[] = ['caddy', 'nginx'];
  describe.runIf(answersItself.includes(kind))('with public domains', () => {
    needs(kind)('in a list', () => {
      const publicDomains = ['pub.test', '*.hub.test', 'odd.test:8443', 'plain.test:443', '[2001:db8::1]'];
      let at: Reached;
      beforeAll(async () => {
        const realms = { publicDomains: publicDomains.map(parseDomain), loginHost: 'reg.test:5001' };
        at = await reach(kind, { kind: 'off' }, [], realms);
      });

      const upload = '/v2/a/blobs/uploads/';

      test.each([
        'pub.test',
        'PUB.Test:5001',
        'pub.test.',
        'a.hub.test',
        'A-b.HUB.test:1',
        'odd.test:8443',
        'plain.test',
        'plain.test:443',
        'plain.test:80',
        '[2001:DB8::1]:5001',
      ])('denies writes on %s with a message, without asking dockpass or the registry', async (host) => {
        const before = at.registry.count + at.dockpass.count;
        for (const authorization of [basic, 'Bearer abc']) {
          for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
            const answer = await at.send(method, upload, { host, authorization }, 'a body');
            expect([method, answer.status]).toEqual([method, 403]);
            expect(answer.headers).toMatchObject({
              'content-type': 'application/json',
              'docker-distribution-api-version': 'registry/2.0',
            });
            expect(answer.headers).not.toHaveProperty('www-authenticate');
            expect(JSON.parse(answer.body)).toEqual({
              errors: [
                {
                  code: 'DENIED',
                  message: `log in to push: docker login reg.test:5001; ${host} only serves pulls`,
                },
              ],
            });
          }
        }
        expect(at.registry.count + at.dockpass.count).toBe(before);
      });

      test('passes on requests that only read', async () => {
        for (const method of ['GET', 'HEAD', 'OPTIONS']) {
          const before = at.registry.count;
          expect((await at.send(method, '/v2/a/manifests/1', { host: 'pub.test' })).status).toBe(200);
          expect(at.registry).toMatchObject({ count: before + 1, last: { method } });
        }
        await at.get('/v2/a/manifests/1', { host: 'pub.test', authorization: basic });
        expect(at.registry.last?.headers.authorization).toBe('Bearer given');
        const login = await at.send('POST', '/auth/token', { host: 'pub.test' }, 'grant_type=password');
        expect([login.status, at.dockpass.last?.body]).toEqual([200, 'grant_type=password']);
      });

      test.each([
        'reg.test',
        'hub.test',
        'a.b.hub.test',
        'xpub.test',
        'pub.test.evil.org',
        'pubxtest',
        'odd.test',
        'odd.test:8444',
        'plain.test:8443',
      ])('passes on writes on %s', async (host) => {
        expect((await at.send('POST', upload, { host, authorization: 'Bearer abc' }, 'a body')).status).toBe(
          200,
        );
        expect(at.registry.last).toMatchObject({ method: 'POST', url: upload, body: 'a body' });
      });

      test("does not replace dockpass's own denial", async () => {
        const answer = await at.send('POST', upload, {
          host: 'reg.test',
          authorization: `Basic ${Buffer.from('forbidden:x').toString('base64')}`,
        });
        expect(answer.status).toBe(403);
        expect(answer.body).not.toContain('only serves pulls');
      });
    });

    needs(kind)('with a public externalUrl', () => {
      test('denies writes for every host name, and the message names the configured host', async () => {
        const realms = { publicDomains: [parseDomain('pub.test')], externalHost: parseHost('pub.test') };
        const at = await reach(kind, { kind: 'off' }, [], realms);
        const answer = await at.send('PUT', '/v2/a/manifests/1', { host: '10.0.0.1:5001' }, '{}');
        expect([answer.status, at.registry.count]).toEqual([403, 0]);
        expect(answer.body).toContain(
          'log in to push: run docker login with a private domain of this registry; pub.test only serves pulls',
        );
      });
    });
  });

  needs(kind)('without TLS, behind a trusted proxy', () => {
    let at: Reached;
    beforeAll(async () => {
      at = await reach(kind, { kind: 'off' }, ['127.0.0.0/8', '::1/128']);
    });

    /** Returns the address that dockpass reads from the last request. */
    const addressAtDockpass = (): string => {
      const proxies = parseTrustedProxies(['loopback']);
      if (typeof proxies === 'string') throw new Error(proxies);
      return clientAddressOf(String(at.dockpass.last?.headers['x-forwarded-for']), proxies);
    };

    test.each([
      ['192.0.2.7', '192.0.2.7'],
      ['198.51.100.1, 192.0.2.7', '192.0.2.7'],
      ['192.0.2.7, 127.0.0.1', '192.0.2.7'],
      ['192.0.2.7:4711', '192.0.2.7'],
      ['2001:db8::7', '2001:db8::7'],
      ['[2001:db8::7]:4711', '2001:db8::7'],
      ['127.0.0.9', '127.0.0.9'],
      ['unknown', 'unknown'],
      ['unknown, 127.0.0.1', 'unknown'],
      ['_hidden:_port', 'unknown'],
      ['no address', 'unknown'],
      [undefined, '127.0.0.1'],
    ])('with X-Forwarded-For %s, dockpass sees the client %s', async (header, address) => {
      const headers: Record<string, string> = header === undefined ? {} : { 'x-forwarded-for': header };
      await at.get('/auth/token', headers);
      expect(addressAtDockpass()).toBe(address);
      await at.get('/v2/a/tags/list', { ...headers, authorization: basic });
      expect(at.dockpass.last?.url).toBe('/auth/forward');
      expect(addressAtDockpass()).toBe(address);
      // The registry records the first address of the header, which a client could choose.
      if (kind === 'nginx') expect(at.registry.last?.headers['x-forwarded-for']).not.toContain(',');
    });

    test('a client cannot describe another request to dockpass than the one that it sends', async () => {
      await at.send('PUT', '/v2/a/manifests/1', { ...forgedHeaders, authorization: basic }, '{}');
      expect(at.dockpass.last?.headers).toMatchObject({
        [kind === 'traefik' ? 'x-forwarded-host' : 'host']: 'reg.test',
        'x-forwarded-method': 'PUT',
        'x-forwarded-uri': '/v2/a/manifests/1',
      });
    });

    test('a request over HTTP/1.0 without Host reaches the registry and dockpass with the address of the edge', async () => {
      for (const [path, upstream] of [
        ['/v2/', at.registry],
        ['/auth/token', at.dockpass],
      ] as const) {
        // Traefik answers such a request with 500 if its size is limited. Health checks request /v2/.
        if (kind === 'traefik' && path === '/auth/token') continue;
        const answer = await exchange(at.port, `GET ${path} HTTP/1.0\r\n\r\n`);
        expect([path, answer?.status]).toEqual([path, 200]);
        // Go's proxies send the address of the upstream instead.
        const port = kind === 'nginx' ? at.port : upstream.port;
        expect(upstream.last?.headers.host).toBe(`127.0.0.1:${port}`);
      }
    });
  });
});

/** Forged headers that a client may send. */
const forgedHeaders = {
  forwarded: 'host=evil.test;proto=http',
  'x-forwarded-host': 'evil.test',
  'x-forwarded-for': '192.0.2.66',
  'x-real-ip': '192.0.2.66',
  'x-forwarded-uri': '/v2/evil',
  'x-forwarded-method': 'DELETE',
};
