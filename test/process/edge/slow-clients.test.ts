import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import type { Edge } from '../../../src/edge/edge.ts';
import { startCaddy } from '../../support/edge/caddy.ts';
import { startEdge, type EdgeKind } from '../../support/edge/edge-process.ts';
import {
  exchange,
  parseAnswer,
  rawRequest,
  readAll,
  type RawAnswer,
} from '../../support/network/raw-http.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

// Slow and greedy clients against each edge, with lower limits than in production and at most 400 sockets.

const limits = { headerSeconds: 1, bodySeconds: 1, bodyKiB: 4, apiBodyKiB: 8, connections: 20 };

interface Upstream {
  readonly port: number;
  /** The requests that have not been answered yet. */
  readonly open: ServerResponse[];
  /** Waits until this many requests are open. */
  untilOpen(count: number): Promise<void>;
}

/** A server that answers each request when its body is complete, but requests with `hold` in the path only when told. */
async function startUpstream(): Promise<Upstream> {
  const open: ServerResponse[] = [];
  let onOpen = (): void => undefined;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.includes('hold') === true) {
      open.push(response);
      response.once('close', () => open.splice(open.indexOf(response), 1));
      onOpen();
      return;
    }
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // dockpass has the same limit as the edges.
      if (request.url === '/auth/token' && length > limits.bodyKiB * 1024 && !response.headersSent)
        response.writeHead(413).end('{"errors":[{"code":"UNSUPPORTED"}]}');
    });
    request.once('end', () => response.headersSent || response.end(String(length)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    open,
    untilOpen: (count) =>
      new Promise((done) => {
        onOpen = () => {
          if (open.length >= count) done();
        };
        onOpen();
      }),
  };
}

interface Started {
  readonly port: number;
  readonly dockpass: Upstream;
  readonly registry: Upstream;
}

async function startWith(kind: EdgeKind | 'caddy-2.10', change: Partial<Edge> = {}): Promise<Started> {
  const [dockpass, registry] = [await startUpstream(), await startUpstream()];
  const edge: Edge = {
    port: await freePort(),
    ipv6: false,
    tls: { kind: 'off' },
    registry: { host: '127.0.0.1', port: registry.port },
    dockpass: { host: '127.0.0.1', port: dockpass.port },
    names: [],
    outerProxies: [],
    publicDomainRules: undefined,
    immutableTags: false,
    writes: 'writes',
    limits,
    ...change,
  };
  if (kind === 'caddy-2.10')
    await startCaddy({ caddyfile: renderCaddy(edge, undefined, true), port: edge.port, program: kind });
  else await startEdge(kind, edge);
  return { port: edge.port, dockpass, registry };
}

/** Opens connections that send these bytes and then nothing. The sockets are destroyed after the test. */
function openSlow(
  port: number,
  count: number,
  bytes: string,
): { closed: Promise<unknown>; sockets: Socket[] } {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(bytes);
    return socket;
  });
  afterwards(() => {
    for (const socket of sockets) socket.destroy();
  });
  const closed = Promise.all(sockets.map((socket) => new Promise((done) => socket.once('close', done))));
  return { closed, sockets };
}

const post = (
  port: number,
  path: string,
  headers: readonly string[],
  body = '',
): Promise<RawAnswer | undefined> =>
  exchange(port, rawRequest(`POST ${path} HTTP/1.1`, ['Host: a.localhost', ...headers], body));

const stalled = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 100\r\n\r\nx`;

describe.each(['caddy', 'caddy-2.10', 'nginx', 'traefik'] as const)('slow clients at %s', (kind) => {
  needs(kind)('with lowered limits', () => {
    // Traefik has no timeout for headers alone.
    const closes = kind !== 'traefik';
    test(`${closes ? 'closes connections with incomplete headers, and ' : ''}serves others while headers are incomplete`, async () => {
      const { port } = await startWith(kind);
      const slow = [
        openSlow(port, 100, 'GET /auth/token HTTP/1.1\r\nHost: a'),
        openSlow(port, 100, 'GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Slow: '),
      ];
      const upload = connect(port, '127.0.0.1');
      const text = readAll(upload);
      upload.write(stalled('/v2/a/blobs/uploads/x'));
      expect((await post(port, '/v2/a/blobs/uploads/', ['Content-Length: 1'], 'x'))?.status).toBe(200);
      expect((await post(port, '/auth/token', ['Content-Length: 1'], 'x'))?.status).toBe(200);
      if (closes) await Promise.all(slow.map(({ closed }) => closed));
      // A stalled upload has waited longer than the limits by now. It still goes on.
      upload.write('x'.repeat(99));
      expect(parseAnswer(await text)).toMatchObject({ status: 200, body: '100' });
    }, 30_000);

    test('rejects large bodies for /auth/ with 413, and takes them for /v2/', async () => {
      const { port } = await startWith(kind);
      for (const kib of [5, 64]) {
        const body = 'x'.repeat(kib * 1024);
        const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
        for (const [header, sent] of [
          [`Content-Length: ${body.length}`, body],
          ['Transfer-Encoding: chunked', chunked],
        ] as const) {
          const answer = await post(port, '/auth/token', [header], sent);
          // Caddy answers 503 if it stops reading a body before dockpass has answered.
          if (kind.startsWith('caddy') && kib === 64) expect([413, 503]).toContain(answer?.status);
          else expect(answer?.status).toBe(413);
          if (kind !== 'traefik') expect(JSON.parse(answer?.body ?? '')).toHaveProperty('errors[0].code');
          expect(await post(port, '/v2/a/blobs/uploads/x', [header], sent)).toMatchObject({
            status: 200,
            body: String(body.length),
          });
        }
      }
      expect(await post(port, '/auth/token', ['Content-Length: 4000'], 'x'.repeat(4000))).toMatchObject({
        status: 200,
        body: '4000',
      });
    });

    test('takes larger bodies for the administration API than for tokens, and rejects much larger ones', async () => {
      const { port } = await startWith(kind);
      for (const [kib, status] of [
        [2 * limits.apiBodyKiB, 200],
        [2 * limits.apiBodyKiB + 1, 413],
      ] as const) {
        const body = 'x'.repeat(kib * 1024);
        const answer = await post(
          port,
          '/auth/api/v1/rules/preview',
          [`Content-Length: ${body.length}`],
          body,
        );
        // Caddy answers 503 if it stops reading a body before dockpass has answered.
        const accepted = status === 413 && kind.startsWith('caddy') ? [413, 503] : [status];
        expect(accepted).toContain(answer?.status);
      }
    });

    if (!kind.startsWith('caddy')) {
      // Caddy has no limit of connections.
      test('limits the connections of an address for /auth/, but not for /v2/', async () => {
        const { port, dockpass, registry } = await startWith(kind);
        const line = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.localhost\r\n\r\n`;
        const greedy = openSlow(port, limits.connections, line('/auth/token?hold'));
        openSlow(port, 3 * limits.connections, line('/v2/hold'));
        await Promise.all([
          dockpass.untilOpen(limits.connections),
          registry.untilOpen(3 * limits.connections),
        ]);
        expect((await post(port, '/auth/token', ['Content-Length: 0']))?.status).toBe(429);
        // A client cannot choose its address, because no proxy is trusted.
        const forged = ['Content-Length: 0', 'X-Forwarded-For: 192.0.2.1'];
        expect((await post(port, '/auth/token', forged))?.status).toBe(429);
        expect((await post(port, '/v2/', ['Content-Length: 0']))?.status).toBe(200);
        for (const response of [...dockpass.open]) response.end();
        for (const socket of greedy.sockets) socket.destroy();
        await greedy.closed;
      });

      test('counts the forwarded address behind a trusted proxy', async () => {
        const { port, dockpass } = await startWith(kind, { outerProxies: ['127.0.0.1'] });
        const from = (address: string) => `X-Forwarded-For: ${address}\r\n`;
        openSlow(
          port,
          limits.connections,
          `GET /auth/token?hold HTTP/1.1\r\nHost: a.localhost\r\n${from('192.0.2.1')}\r\n`,
        );
        await dockpass.untilOpen(limits.connections);
        const ask = async (address: string) =>
          (await post(port, '/auth/token', ['Content-Length: 0', from(address).trim()]))?.status;
        expect([await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([429, 200]);
        if (kind !== 'nginx') return;
        // One client can have a whole IPv6 /48. Traefik counts it as one only without a proxy in front.
        for (let index = 0; index < limits.connections; index++)
          openSlow(
            port,
            1,
            `GET /auth/token?hold HTTP/1.1\r\nHost: a.localhost\r\n${from(`2001:db8:7:${index}::1`)}\r\n`,
          );
        await dockpass.untilOpen(2 * limits.connections);
        expect([await ask('2001:db8:7:ffff::1'), await ask('2001:db8:8::1')]).toEqual([429, 200]);
      });
    }
  });
});

needs('nginx')('slow bodies at nginx', () => {
  test('are closed', async () => {
    const { port } = await startWith('nginx');
    for (const path of ['/auth/token', '/auth/api/v1/users'])
      await openSlow(port, limits.connections, stalled(path)).closed;
    expect((await post(port, '/auth/token', ['Content-Length: 1'], 'x'))?.status).toBe(200);
  }, 30_000);
});
