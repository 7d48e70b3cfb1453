import { once } from 'node:events';
import {
  createServer,
  request as requestPlain,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { publicDomainRulesOf, type Edge, type EdgeTls } from '../../../src/edge/edge.ts';
import type { RealmSettings } from '../../../src/realm/resolve-realm.ts';
import { readAnswer, type Answer } from '../network/read-answer.ts';
import { afterwards } from '../run/afterwards.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { freePort } from '../run/ports.ts';
import { startEdge, type EdgeKind } from './edge-process.ts';

// An edge in front of two servers that record the requests they receive, in place of the registry and dockpass.

/** The challenge of the server that stands in for dockpass. */
export const challenge = 'Bearer realm="https://reg.test/auth/token",service="registry"';

export interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  body: string;
  bytes: number;
}

export interface StandIn {
  /** Closes the server, so that the edge cannot reach it any more. */
  readonly stop: () => void;
  last: Seen | undefined;
  count: number;
  readonly port: number;
}

export interface Reached {
  readonly port: number;
  readonly registry: StandIn;
  readonly dockpass: StandIn;
  open(method: string, path: string, headers: Record<string, string>): ReturnType<typeof requestPlain>;
  send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer>;
  get(path: string, headers: Record<string, string>): Promise<Answer>;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

const ok: Answered = { status: 200, headers: {}, body: '{}' };

/** The answers of the server that stands in for the registry, by path. All others are `ok`. */
const registryAnswers: Readonly<Record<string, Answered>> = {
  '/v2/refused': {
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer realm="the registry"' },
    body: '{"errors":[{"code":"UNAUTHORIZED"}]}',
  },
  '/v2/missing': { status: 404, headers: {}, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' },
  // Many registries are configured to send this header.
  '/v2/nosniff': { status: 200, headers: { 'X-Content-Type-Options': 'nosniff' }, body: '{}' },
  '/v2/page': {
    status: 200,
    headers: { 'Content-Type': 'text/html' },
    body: '<title>pushed</title><script>document.title = "the script ran"</script>',
  },
  // A registry sends each blob with this type.
  '/v2/script': {
    status: 200,
    headers: { 'Content-Type': 'application/octet-stream' },
    body: 'document.title = "the script ran"',
  },
};

/** The answer of the server that stands in for dockpass, to each request for the administration API. */
export const apiAnswer = {
  status: 412,
  headers: {
    'Content-Type': 'application/problem+json',
    ETag: '"7"',
    'Set-Cookie': ['__Host-dockpass=a; Path=/; Secure; HttpOnly; SameSite=Strict', 'b=c'],
  },
  body: '{"status":412,"code":"precondition_failed"}',
} as const satisfies Answered;

/** The answer of dockpass to the edge's question about a request that could write, while writes are stopped. */
function stoppedAnswer(isNginx: boolean): Answered {
  const errors = '[{"code":"UNAVAILABLE","message":"garbage collection is running"}]';
  const headers = { 'Retry-After': '60', 'Content-Type': 'application/json' };
  return isNginx
    ? {
        status: 403,
        headers: { ...headers, 'X-Dockpass-Writes': 'stopped', 'X-Dockpass-Errors': errors },
        body: '',
      }
    : { status: 503, headers, body: `{"errors":${errors}}` };
}

/** Starts an edge and its two servers. */
export async function reach(
  kind: EdgeKind,
  tls: EdgeTls,
  outerProxies: readonly string[] = [],
  realms: Partial<RealmSettings> = {},
  writes?: string,
  immutableTags = false,
): Promise<Reached> {
  const registry = await startRecordingServer((request) => registryAnswers[request.url ?? ''] ?? ok);
  const dockpass = await startRecordingServer((request) => {
    if (request.url?.startsWith('/auth/api/') === true) return apiAnswer;
    const isNginx = request.headers['x-dockpass-writes'] !== undefined;
    const target = request.headers['x-forwarded-uri'] ?? request.url;
    const isBegun = target?.toString().startsWith('/v2/begun/') === true;
    if ((isNginx || request.url === '/auth/forward/writes') && !isBegun)
      return stoppedAnswer(request.url === '/auth/forward');
    const user = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64')
      .toString()
      .split(':')[0];
    const body = '{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}';
    if (user === 'wrong') return { status: 401, headers: { 'WWW-Authenticate': challenge }, body };
    if (user === 'forbidden') return { status: 403, headers: {}, body };
    // Traefik answers 500 if an answer under /auth/ has neither a body nor a length.
    return { status: 200, headers: { Authorization: 'Bearer given' }, body: '{}' };
  });
  const port = await freePort();
  const host = '127.0.0.1';
  const edge: Edge = {
    port,
    ipv6: false,
    tls,
    registry: { host, port: registry.port },
    dockpass: { host, port: dockpass.port },
    names: [],
    outerProxies,
    immutableTags,
    writes: writes ?? (await temporaryDirectory('writes')),
    publicDomainRules: publicDomainRulesOf({ publicDomains: [], externalHost: undefined, ...realms }),
  };
  await startEdge(kind, edge);
  const open: Reached['open'] = (method, path, headers) => {
    const options = { host, port, method, path, headers: { host: 'reg.test', ...headers }, agent: false };
    return tls.kind === 'off' ? requestPlain(options) : requestTls({ ...options, rejectUnauthorized: false });
  };
  const send: Reached['send'] = async (method, path, headers, body) => {
    const request = open(method, path, headers);
    request.end(body);
    return readAnswer(request);
  };
  return { port, registry, dockpass, open, send, get: (path, headers) => send('GET', path, headers) };
}

async function startRecordingServer(answer: (request: IncomingMessage) => Answered): Promise<StandIn> {
  const state: { last: Seen | undefined; count: number } = { last: undefined, count: 0 };
  const server: Server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    const seen: Seen = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: '',
      bytes: 0,
    };
    state.last = seen;
    state.count++;
    request.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length;
      if (seen.bytes < 1000) seen.body += chunk.toString();
    });
    request.on('end', () => {
      const { status, headers, body } = answer(request);
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  afterwards(stop);
  return Object.assign(state, { stop, port: (server.address() as AddressInfo).port });
}
