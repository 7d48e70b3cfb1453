import { connect } from 'node:net';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createParsers } from '../../src/app/parsers.ts';
import { createApp } from '../../src/http/app.ts';
import type { Endpoint } from '../../src/http/endpoint.ts';
import { forwardEndpoint } from '../../src/http/forward/forward-endpoint.ts';
import { scopesOfForwardedRequest } from '../../src/http/forward/forwarded-request.ts';
import { revokeEndpoint } from '../../src/http/revoke/revoke-endpoint.ts';
import { createRouter } from '../../src/http/router.ts';
import type { ServerState } from '../../src/http/server-state.ts';
import { startHttpServer } from '../../src/http/server.ts';
import { batchResponses } from '../../src/http/token/batch-responses.ts';
import { tokenEndpoint } from '../../src/http/token/token-endpoint.ts';
import { parseTokenQuery } from '../../src/http/token/token-parameters.ts';
import { parseHost } from '../../src/net/host.ts';
import { parseTrustedProxies } from '../../src/net/trusted-proxies.ts';
import { noLog } from '../../src/observe/log.ts';
import { parseScope } from '../../src/scope/parse-scopes.ts';
import { accessOf } from '../../src/token/claims.ts';
import { SignedToken } from '../../src/token/signed-token.ts';
import { quickIssuer } from '../support/dockpass/issuer-parts.ts';
import { parameters, sentRequest } from '../support/fuzz/requests.ts';
import { basic, rawRequest, readAll } from '../support/network/raw-http.ts';
import { anyText, scopeText, spelledHost } from '../support/policy/arbitraries.ts';
import { afterwards } from '../support/run/afterwards.ts';

/** The ports of two servers with the same users and policy: one with all fast paths, and one without any. */
let ports: { fast: number; plain: number };

type Parts = Pick<ServerState, 'parsers'> & { issuer: ServerState['issuer'] };

const neverCalled = (): never => {
  throw new Error('only the API asks who has sent a JWT');
};

async function start(parts: Parts, listenerOf: (endpoints: Parameters<typeof createApp>[0]) => Endpoint) {
  const trustedProxies = parseTrustedProxies(['loopback']);
  if (typeof trustedProxies === 'string') throw new Error(trustedProxies);
  const state = (): ServerState => ({
    trustedProxies,
    identify: neverCalled,
    findTokenHolder: neverCalled,
    ...parts,
  });
  const direct = new Map([
    ['/auth/token', tokenEndpoint(state, noLog)],
    ['/auth/forward', forwardEndpoint(state, { mayWrite: undefined }, noLog)],
    ['/auth/revoke', revokeEndpoint(state, noLog)],
  ]);
  const listener = listenerOf({ direct, keys: { published: () => [] } as never });
  const server = await startHttpServer({ host: '127.0.0.1', port: 0 }, listener, 'listen');
  afterwards(() => server.close());
  return server.address.port;
}

beforeAll(async () => {
  const newToken = (access: string, isShared: boolean): SignedToken =>
    new SignedToken('id', Buffer.from(access).toString('base64url'), 300, '2026-03-01T12:00:00Z', isShared);
  const shared = new Map<string, SignedToken>();
  const { scope, ...parsers } = createParsers();
  const fast = quickIssuer({
    parseScope: scope,
    sign: async (_subject, grants) => {
      const access = JSON.stringify(accessOf(grants));
      const token = shared.get(access) ?? newToken(access, true);
      shared.set(access, token);
      return token;
    },
  });
  const plain = quickIssuer({
    parseScope,
    sign: async (_subject, grants) => newToken(JSON.stringify(accessOf(grants)), false),
  });
  const plainParsers = {
    host: parseHost,
    tokenQuery: parseTokenQuery,
    forwardedScopes: scopesOfForwardedRequest,
  };
  ports = {
    fast: await start({ issuer: fast, parsers }, (endpoints) =>
      batchResponses(createRouter(endpoints, noLog)),
    ),
    plain: await start({ issuer: plain, parsers: plainParsers }, (endpoints) => {
      const app = createApp(endpoints, noLog);
      // The end of a request is read after its headers, in the same tick. An error that is written before that closes
      // the connection, so this server also answers after the tick, but each request by itself.
      return (request, response) => void setImmediate(app, request, response);
    }),
  };
});

/** Sends requests on one connection. Returns all bytes of the answers, without the time in the Date header. */
async function answersTo(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write(Buffer.from(bytes, 'latin1'));
  return (await readAll(socket)).replaceAll(/^Date: .*$/gm, 'Date:');
}

/** Returns the answers, if those of both servers are equal. */
async function expectEqualAnswers(requests: readonly string[]): Promise<readonly string[]> {
  const expected = await Promise.all(requests.map((text) => answersTo(ports.plain, text)));
  // The second request fills the caches, and the third one reads them.
  for (let time = 0; time < 3; time++)
    expect(await Promise.all(requests.map((text) => answersTo(ports.fast, text)))).toEqual(expected);
  return expected;
}

const atOnce = { minLength: 10, maxLength: 10 };

test('1,000 hostile requests get the same bytes with and without the fast paths', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sentRequest, atOnce), async (requests) => {
      await expectEqualAnswers(requests.map(({ text }) => text));
    }),
    { numRuns: 100 },
  );
}, 120_000);

const query = fc
  .record({
    start: fc.oneof(parameters, fc.constantFrom('', 'service=registry', 'service=other', 'account=writer')),
    scopes: fc.array(fc.oneof(scopeText, anyText), { maxLength: 3 }),
  })
  .map(({ start, scopes }) => {
    const texts = scopes.map((scope) => `&scope=${encodeURIComponent(scope.toWellFormed())}`);
    return start + texts.join('');
  });
const login = fc.constantFrom(
  [],
  ...[basic('writer', 'writer-secret'), basic('reader', 'wrong'), 'Basic !'].map((value) => [
    `Authorization: ${value}`,
  ]),
);

test('1,000 random token requests get the same bytes with and without the fast paths', async () => {
  const tokenRequest = fc
    .record({ host: spelledHost, query, login })
    .map(({ host, query, login }) =>
      rawRequest(`GET /auth/token?${query} HTTP/1.1`, [`Host: ${host.text}`, ...login]),
    );
  const statuses = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(tokenRequest, atOnce), async (requests) => {
      for (const answer of await expectEqualAnswers(requests)) statuses.add(answer.slice(9, 12));
    }),
    { numRuns: 100 },
  );
  // Check that the requests were varied enough.
  expect(statuses).toEqual(new Set(['200', '400', '401']));
}, 120_000);
