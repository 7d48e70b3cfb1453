import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { batchResponses } from '../../../src/http/token/batch-responses.ts';
import { requireWholeBody } from '../../../src/http/body/incomplete-bodies.ts';
import { startHttpServer } from '../../../src/http/server.ts';
import type { ServerState } from '../../../src/http/server-state.ts';
import { createLog } from '../../../src/observe/log.ts';
import { parseHost } from '../../../src/net/host.ts';
import { parseTrustedProxies, type TrustedProxies } from '../../../src/net/trusted-proxies.ts';
import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import { edgeOf, prepareEdge } from '../../../src/up/programs/edge.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { startCaddy, type CaddyProgram } from '../../support/edge/caddy.ts';
import { exchange, rawRequest, type RawAnswer } from '../../support/network/raw-http.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs, part } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Slow bodies at Caddy, with the HTTP server of dockpass behind it. Caddy has no limit of connections, and Caddy 2.6 has
// no timeout for bodies, so the two programs must work together. The connections are not closed by the client: a client
// that announces `Connection: close` is easier to get rid of.

const maxIncomplete = 200;

/** @param requestMs how long dockpass waits for a body */
async function startTokenServer(requestMs: number): Promise<number> {
  const trustedProxies = parseTrustedProxies(['loopback']) as TrustedProxies;
  const issuer = { record: { denied: () => 'id' } };
  const state = { trustedProxies, parsers: { host: parseHost }, issuer } as unknown as ServerState;
  const listener = requireWholeBody(
    (request, response) => response.end(request.url),
    () => state,
    createLog(() => undefined),
  );
  const timeouts = { headersMs: requestMs, requestMs, checkMs: 50 };
  const server = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    batchResponses(listener),
    'listen',
    timeouts,
  );
  afterwards(() => server.close());
  return server.address.port;
}

/** @param bodySeconds how long a Caddy with a timeout for bodies waits for them */
async function startEdge(program: CaddyProgram, requestMs: number, bodySeconds: number): Promise<number> {
  const port = await freePort();
  const edge = {
    port,
    ipv6: false,
    tls: { kind: 'off' },
    registry: { host: '127.0.0.1', port: 1 },
    dockpass: { host: '127.0.0.1', port: await startTokenServer(requestMs) },
    names: [],
    outerProxies: ['127.0.0.1'],
    publicDomainRules: undefined,
    immutableTags: false,
    writes: 'writes',
    limits: { headerSeconds: 10, bodySeconds, bodyKiB: 64, apiBodyKiB: 1024, connections: 20 },
  } as const;
  await startCaddy({ caddyfile: renderCaddy(edge, undefined, program === 'caddy-2.10'), port, program });
  return port;
}

interface Slow {
  readonly closed: Promise<void>;
  /** What the client has received so far. */
  text: string;
}

/** Caddy 2.6 closes nearly all of these connections, the other one closes all of them. */
function mostOf(program: CaddyProgram, count: number): number {
  return program === 'caddy' ? Math.floor(0.8 * count) : count;
}

/** Opens connections that send a request with an incomplete body. */
function openSlow(port: number, count: number, head: string): readonly Slow[] {
  return Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    const slow = { text: '', closed: new Promise<void>((done) => socket.once('close', () => done())) };
    socket.on('error', () => undefined).on('data', (bytes: Buffer) => (slow.text += bytes.toString()));
    socket.write(`${head}Host: a.localhost\r\nContent-Length: 100\r\n\r\nx`);
    afterwards(() => void socket.destroy());
    return slow;
  });
}

/** Waits until this many of the connections are closed, and returns these. */
function untilClosed(slow: readonly Slow[], count: number): Promise<readonly Slow[]> {
  const closed: Slow[] = [];
  return new Promise((done) => {
    for (const one of slow)
      void one.closed.then(() => {
        if (closed.push(one) === count) done(closed);
      });
  });
}

const whole = (port: number, address: string): Promise<RawAnswer | undefined> =>
  exchange(
    port,
    rawRequest(
      'POST /auth/token HTTP/1.1',
      ['Host: a.localhost', `X-Forwarded-For: ${address}`, 'Content-Length: 1'],
      'x',
    ),
  );

needs('caddy', 'caddy-2.10')('dockpass up', () => {
  test.each([
    ['caddy', '# read_timeout 15s'],
    ['caddy-2.10', 'read_timeout 15s'],
  ] as const)('gives %s a timeout for bodies only if it has one', async (program, line) => {
    const directory = await temporaryDirectory('up');
    const config = await configIn(directory, { up: { directory } });
    const edge = edgeOf(config, { kind: 'off' });
    const { text } = await prepareEdge({ kind: 'caddy', path: part(program) }, edge, directory);
    expect(/max_size[^}]*?\t((?:# )?read_timeout .*)/.exec(text)?.[1]).toBe(line);
  });
});

describe.each(['caddy', 'caddy-2.10'] as const)('slow bodies at %s', (program) => {
  needs(program)('in front of dockpass', () => {
    test('are closed at once if an address sends more than 200 of them, and others are served', async () => {
      const port = await startEdge(program, 600_000, 600);
      const slow = openSlow(
        port,
        maxIncomplete + 50,
        'POST /auth/token HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n',
      );
      for (const { text } of await untilClosed(slow, mostOf(program, 50)))
        expect(text).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: 5\r\n[^]*"code":"UNAVAILABLE"/);
      expect(await whole(port, '192.0.2.2')).toMatchObject({ status: 200, body: '/auth/token' });
    });

    test.each(['POST /auth/token', 'GET /auth/token', 'POST /auth/nothing'])(
      'of %s are closed if they do not arrive in time',
      async (line) => {
        // Caddy 2.6 must close them without a timeout of its own, and the other one even if dockpass never does.
        const port =
          program === 'caddy' ? await startEdge(program, 500, 600) : await startEdge(program, 600_000, 1);
        const slow = openSlow(port, 150, `${line} HTTP/1.1\r\n`);
        await untilClosed(slow, mostOf(program, slow.length));
        expect(await whole(port, '127.0.0.1')).toMatchObject({ status: 200 });
      },
    );
  });
});
