import { networkInterfaces } from 'node:os';
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
import { exchange, rawRequest } from '../support/network/raw-http.ts';

const password = 'correct horse battery';
const pull = 'scope=repository:a:pull';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer({ publicDomains: [publicHost, '[2001:db8::1]', 'pub.example.org:8443'] });
  await issuer.addUser('alice', password, 'admin');
});

/** Returns the status of a request without a login: 200 under a public domain, 401 under a private one. */
const statusUnder = async (server: TestIssuer, host: string): Promise<number> =>
  (await server.get(host, pull)).status;

/** Asks, as an edge does, whether a client without a login may pull `a`. */
const forward = (server: TestIssuer, headers: Readonly<Record<string, string>>) =>
  request(server.url)
    .get('/auth/forward')
    .set({
      Host: privateHost,
      'X-Forwarded-Method': 'GET',
      'X-Forwarded-Uri': '/v2/a/tags/list',
      ...headers,
    });

async function statusOf(headers: readonly string[], target = '/auth/token'): Promise<number | undefined> {
  return (await exchange(issuer.port, rawRequest(`GET ${target} HTTP/1.1`, headers)))?.status;
}

describe('attack matrix, host', () => {
  describe('16: a peer that is not a trusted proxy cannot choose its realm', () => {
    test('its Host header is ignored', async () => {
      const distrusting = await startIssuer({ trustedProxies: ['192.0.2.200'] });
      expect(await statusUnder(distrusting, publicHost)).toBe(401);
      const refused = await distrusting.get(publicHost, pull);
      expect(refused.text).toContain(`docker login 127.0.0.1:${distrusting.port}`);
    });

    test('the address to which it connected selects the realm', async () => {
      const distrusting = await startIssuer({
        trustedProxies: ['192.0.2.200'],
        publicDomains: ['127.0.0.1'],
      });
      expect(await statusUnder(distrusting, privateHost)).toBe(200);
    });

    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

    test.skipIf(outside === undefined)('a peer on another machine cannot choose its realm', async () => {
      const open = await startIssuer({ listen: '0.0.0.0:0' });
      const ask = rawRequest(`GET /auth/token?${pull} HTTP/1.1`, [`Host: ${publicHost}`]);
      expect((await exchange(open.port, ask))?.status).toBe(200);
      expect((await exchange(open.port, ask, { host: outside }))?.status).toBe(401);
    });
  });

  test('17: X-Forwarded-Host is ignored at the token endpoint', async () => {
    const upwards = await issuer.get(privateHost, pull).set('X-Forwarded-Host', publicHost);
    expect(upwards.status).toBe(401);
    const downwards = await issuer.get(publicHost, pull).set('X-Forwarded-Host', privateHost);
    expect(downwards.status).toBe(200);
  });

  test('17: X-Forwarded-Host counts at /auth/forward only from a trusted proxy', async () => {
    expect((await forward(issuer, { 'X-Forwarded-Host': publicHost })).status).toBe(200);
    const distrusting = await startIssuer({ trustedProxies: ['192.0.2.200'] });
    expect((await forward(distrusting, { 'X-Forwarded-Host': publicHost })).status).toBe(401);
  });

  test('18: /auth/forward answers two X-Forwarded-Host values with 401', async () => {
    const joined = await forward(issuer, { 'X-Forwarded-Host': `${publicHost}, ${privateHost}` });
    expect(joined.status).toBe(401);
    const headers = [
      `Host: ${publicHost}`,
      `X-Forwarded-Host: ${publicHost}`,
      `X-Forwarded-Host: ${publicHost}`,
      'X-Forwarded-Method: GET',
      'X-Forwarded-Uri: /v2/a/tags/list',
    ];
    expect(await statusOf(headers.toSpliced(2, 1), '/auth/forward')).toBe(200);
    expect(await statusOf(headers, '/auth/forward')).toBe(401);
  });

  test('19: rejects two Host headers, even if they are equal', async () => {
    expect(await statusOf([`Host: ${publicHost}`, `Host: ${privateHost}`])).toBe(400);
    expect(await statusOf([`Host: ${privateHost}`, `host: ${publicHost}`])).toBe(400);
    expect(await statusOf([`Host: ${publicHost}`, `HOST: ${publicHost}`])).toBe(400);
  });

  test.each([
    `${publicHost}/?`,
    `${publicHost}#`,
    `u@${publicHost}`,
    `${publicHost}, ${privateHost}`,
    `${publicHost}:`,
    `${publicHost}:0`,
    `${publicHost}:65536`,
    `${publicHost}:80:80`,
    `http://${publicHost}`,
    `${publicHost}\\`,
    `${publicHost}%00`,
    '[::1',
    '[::1%25lo]',
    '.',
    '..',
    `${'a.'.repeat(127)}a`,
    '\xff.example.com',
  ])('20: rejects the Host %j', async (host) => {
    expect(await statusOf([`Host: ${host}`], `/auth/token?${pull}`)).toBe(400);
  });

  test.each([
    'PUB.Example.COM',
    'pub.example.com.',
    'pub.example.com:443',
    'pub.example.com:80',
    'Pub.Example.Com.:443',
    'pub.example.com:8080',
    '[2001:DB8::1]',
    '[2001:db8:0:0:0:0:0:1]',
    '[2001:0db8::0001]:443',
    'pub.example.org:8443',
    'PUB.example.org.:08443',
  ])('21: %s is another spelling of a public domain', async (host) => {
    expect(await statusUnder(issuer, host)).toBe(200);
  });

  test.each([
    'sub.pub.example.com',
    'example.com',
    'pub.example.com.evil.org',
    'xpub.example.com',
    'pub-example.com',
    'pub.example.org',
    'pub.example.org:9443',
    '[2001:db8::2]',
    'unknown',
  ])('21: %s is not a public domain', async (host) => {
    expect(await statusUnder(issuer, host)).toBe(401);
  });

  test('22: rejects an absolute request target whose host differs from the Host header', async () => {
    const target = (host: string): string => `http://${host}/auth/token?${pull}`;
    expect(await statusOf([`Host: ${privateHost}`], target(publicHost))).toBe(400);
    expect(await statusOf([`Host: ${publicHost}`], target(privateHost))).toBe(400);
    expect(await statusOf([`Host: ${publicHost}:443`], target('PUB.example.com'))).toBe(200);
    expect(await statusOf([`Host: ${privateHost}`], target(privateHost))).toBe(401);
    expect(await statusOf([`Host: ${publicHost}`], target(`u@${publicHost}`))).toBe(400);
  });

  test('24: ignores the header Forwarded', async () => {
    const answer = await issuer.get(privateHost, pull).set('Forwarded', `host=${publicHost};proto=https`);
    expect(answer.status).toBe(401);
    expect((await issuer.get(publicHost, pull).set('Forwarded', `host=${privateHost}`)).status).toBe(200);
  });

  test('25: no user can push through a public domain', async () => {
    const answer = await issuer
      .get(publicHost, 'scope=repository:a:pull,push,delete,*&scope=registry:catalog:*')
      .auth('alice', password);
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'a', actions: ['pull'] }]);
    expect(accessIn(await issuer.get(publicHost, 'scope=repository:a:push').auth('alice', password))).toEqual(
      [],
    );
  });

  test('an unknown host is private', async () => {
    expect(refusalIn(await issuer.get('never.heard.of', pull))).toBe('login_required');
  });
});
