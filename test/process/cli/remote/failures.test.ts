import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  dockpassHome,
  startServe,
  type DockpassHome,
  type DockpassServer,
} from '../../../support/dockpass/dockpass.ts';
import { afterwards } from '../../../support/run/afterwards.ts';
import { testAuthority } from '../../../support/tls/tls.ts';

const password = 'correct horse battery';
const token = 'dpp_canary0canary0canary0canary0';
let home: DockpassHome;
let server: DockpassServer;

beforeAll(async () => {
  home = await dockpassHome({ database: false });
  server = await startServe({ config: { publicDomains: ['localhost'] } });
  await server.must(['user', 'add', 'boss', '--role', 'admin', '--password-stdin'], { input: password });
});

const userList = (url: string, more: Readonly<Record<string, string>> = {}) =>
  home.cli(['user', 'list'], { env: { DOCKPASS_URL: url, DOCKPASS_TOKEN: token, ...more } });

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(handler: Handler): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const stub = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    handler(request, response);
  });
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  afterwards(() => void stub.close());
  return { url: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`, requests };
}

describe('a command says why it cannot use a server', () => {
  test('if nothing listens there', async () => {
    const { status, stdout, stderr } = await userList('http://127.0.0.1:9');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'dockpass: cannot reach http://127.0.0.1:9: the connection was refused. Check the address, and whether the server runs.\n',
    );
  });

  test('if the server speaks no TLS', async () => {
    const { stderr } = await userList(server.url.replace('http:', 'https:'));
    expect(stderr).toContain('does not speak TLS on this port');
  });

  test('if the certificate is not trusted, before the token is sent', async () => {
    const requests: unknown[] = [];
    const authority = await testAuthority();
    const { key, certificate: cert } = await authority.issue(['127.0.0.1']);
    const stub = createTlsServer({ key, cert }, (request, response) => {
      requests.push(request.url);
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end('{"items": [], "next": null, "disabledInHtpasswd": []}');
    });
    await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
    afterwards(() => void stub.close());
    const url = `https://127.0.0.1:${(stub.address() as AddressInfo).port}`;
    const rejected = await userList(url);
    expect(rejected).toMatchObject({ status: 1, stdout: '' });
    expect(rejected.stderr).toMatch(/not secure, so nothing was sent: .*does not trust.*NODE_EXTRA_CA_CERTS/);
    expect(requests).toEqual([]);
    const trusting = { NODE_EXTRA_CA_CERTS: authority.certificateFile };
    expect(await userList(url, trusting)).toMatchObject({ status: 0 });
    const otherName = await userList(url.replace('127.0.0.1', 'localhost'), trusting);
    expect(otherName.stderr).toContain('the certificate is for another host name');
  });

  test('if it rejects the token', async () => {
    const { status, stderr } = await userList(server.url);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^dockpass: http:\S+ rejected DOCKPASS_TOKEN: /);
    expect(stderr).not.toContain(token);
  });

  test('if the token was created without --api', async () => {
    const created = await server.must(['token', 'create', 'pull', '--user', 'boss']);
    const { status, stderr } = await userList(server.url, { DOCKPASS_TOKEN: created.stdout.trim() });
    expect(status).toBe(1);
    expect(stderr).toContain('--api');
  });

  test('if the user may not do it', async () => {
    await server.must(['user', 'add', 'alice', '--password-stdin'], { input: password });
    const created = await server.must(['token', 'create', 'cli', '--user', 'alice', '--api']);
    const env = { DOCKPASS_TOKEN: created.stdout.trim() };
    expect(await userList(server.url, env)).toMatchObject({ status: 1, stdout: '' });
    // A developer manages their own tokens.
    const own = await home.must(['token', 'create', 'laptop', '--user', 'alice'], {
      env: { DOCKPASS_URL: server.url, ...env },
    });
    expect(own.stdout).toMatch(/^dpp_\w+\n$/);
  });

  test('if it is a public domain', async () => {
    const { status, stderr } = await userList(server.url.replace('127.0.0.1', 'localhost'));
    expect(status).toBe(1);
    expect(stderr).toContain('public domain');
  });

  test('if another program answers', async () => {
    const { url } = await listen((_request, response) => response.writeHead(404).end('<h1>nothing</h1>'));
    expect((await userList(url)).stderr).toContain(`${url} has no administration API`);
    const broken = await listen((_request, response) => response.writeHead(502).end('bad gateway'));
    expect((await userList(broken.url)).stderr).toContain('answered with status 502');
    const page = await listen((_request, response) => response.writeHead(200).end('<h1>login</h1>'));
    expect((await userList(page.url)).stderr).toContain('cannot read the answer');
  });

  test('if the versions differ', async () => {
    const { url } = await listen((request, response) => {
      if (request.url === '/auth/api/v1/me')
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"version": "99.1.2"}');
      else
        response
          .writeHead(400, { 'Content-Type': 'application/problem+json' })
          .end(
            '{"code": "bad_request", "detail": "the request is not valid", "errors": [{"pointer": "/x", "detail": "is unknown"}]}',
          );
    });
    const { stderr } = await userList(url);
    expect(stderr).toContain('dockpass: /x: is unknown');
    expect(stderr).toContain(`${url} runs dockpass 99.1.2`);
  });

  test('if there is no login', async () => {
    const { status, stderr } = await home.cli(['user', 'list', '--url', server.url]);
    expect(status).toBe(1);
    expect(stderr).toContain(`there is no login for ${server.url}. Run "dockpass login ${server.url}"`);
  });
});

test('follows no redirect, and sends the token to no other host', async () => {
  const other = await listen((_request, response) => response.writeHead(200).end('{}'));
  const first = await listen((_request, response) =>
    response.writeHead(307, { Location: `${other.url}/auth/api/v1/users` }).end(),
  );
  const { status, stderr } = await userList(first.url);
  expect(status).toBe(1);
  expect(stderr).toContain(`${first.url} redirects to ${other.url}`);
  expect(other.requests).toEqual([]);
});

test('uses no proxy', async () => {
  const proxy = await listen((_request, response) => response.writeHead(200).end('{}'));
  const env = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url };
  expect((await userList(server.url, env)).stderr).toContain('rejected DOCKPASS_TOKEN');
  expect(proxy.requests).toEqual([]);
});

test.each([
  ['ftp://registry.example.com', /must be the address of a dockpass server/],
  ['https://boss:canary@registry.example.com', /must not contain a user name or a password/],
  ['https://registry.example.com/v2/', /must not contain a path/],
])('rejects the address %s', async (url, message) => {
  const { status, stderr } = await home.cli(['user', 'list', '--url', url]);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('canary');
});

test.each(['serve', 'up', 'check', 'keys list', 'backup x', 'import htpasswd x'])(
  '%s says that it does not work with --url',
  async (line) => {
    const { status, stderr } = await home.cli([...line.split(' '), '--url', server.url]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^dockpass: "dockpass \w+" does not work with --url/);
  },
);

test('DOCKPASS_URL and DOCKPASS_TOKEN do not disturb the commands that need the files', async () => {
  const env = { DOCKPASS_URL: 'http://127.0.0.1:9', DOCKPASS_TOKEN: token };
  expect(await server.must(['check'], { env })).toMatchObject({ status: 0 });
  expect(await server.must(['keys', 'list'], { env })).toMatchObject({ status: 0 });
  const named = await server.cli(['--config', 'dockpass.yml', 'user', 'list'], { env });
  expect(named.stdout).toContain('boss');
  expect(await server.cli(['user', 'list', '--config', 'dockpass.yml', '--url', server.url])).toMatchObject({
    status: 2,
  });
});
