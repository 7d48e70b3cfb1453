import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { forwardEndpoint } from '../../src/http/forward/forward-endpoint.ts';
import { revokeEndpoint } from '../../src/http/revoke/revoke-endpoint.ts';
import { createRouter } from '../../src/http/router.ts';
import type { ServerState } from '../../src/http/server-state.ts';
import { batchResponses } from '../../src/http/token/batch-responses.ts';
import { tokenEndpoint } from '../../src/http/token/token-endpoint.ts';
import { scopesOfForwardedRequest } from '../../src/http/forward/forwarded-request.ts';
import { parseTokenQuery } from '../../src/http/token/token-parameters.ts';
import type { Recorder } from '../../src/issue-token.ts';
import { parseHost } from '../../src/net/host.ts';
import { parseTrustedProxies } from '../../src/net/trusted-proxies.ts';
import { noLog, type Log } from '../../src/observe/log.ts';
import { quickIssuer } from '../support/dockpass/issuer-parts.ts';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';
import { basic } from '../support/network/raw-http.ts';
import { afterwards } from '../support/run/afterwards.ts';

// An exception that no one catches ends a Node process. Vitest fails if a test causes such an exception.

const password = 'correct horse battery';

describe('a service name that is not plain ASCII', () => {
  test.each(['régistre', '登録所', 'my "own" \\registry', 'a\x7fb', 'a\r\nSet-Cookie: b'])(
    'every endpoint answers requests for %j',
    async (service) => {
      const issuer = await startIssuer({ service });
      await issuer.addUser('alice', password);
      const query = new URLSearchParams({ service, scope: 'repository:a:pull' }).toString();
      const answer = await issuer.get(privateHost, query).auth('alice', password).expect(200);
      const { body: keys } = await request(issuer.url).get('/auth/jwks');
      const { token } = answer.body as { token: string };
      await jwtVerify(token, createLocalJWKSet(keys as JSONWebKeySet), {
        audience: service,
        currentDate: new Date(issuer.clock()),
      });
      expect((await issuer.get(privateHost, 'service=x')).status).toBe(400);
      expect((await issuer.get(privateHost).auth('alice', 'wrong')).status).toBe(401);

      const forward = (headers: Record<string, string>) =>
        request(issuer.url)
          .get('/auth/forward')
          .set({ Host: privateHost, ...headers });
      const told = { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/v2/a/tags/list' };
      const wrong = { Authorization: basic('alice', 'wrong') };
      for (const headers of [wrong, { ...told, ...wrong }, { ...told, Host: 'a b' }]) {
        const denied = await forward(headers);
        expect([401, 403]).toContain(denied.status);
        if (denied.status === 403) continue;
        const challenge = Buffer.from(denied.headers['www-authenticate'] ?? '', 'latin1').toString('utf8');
        const quoted = /service=("(?:[^"\\]|\\.)*")$/.exec(challenge)?.[1] ?? '';
        expect(JSON.parse(quoted)).toBe(service);
        expect(denied.headers).not.toHaveProperty('set-cookie');
      }
      expect((await forward({ ...told, Authorization: basic('alice', password) })).status).toBe(200);
    },
  );
});

async function serverWith(log: Log, state: () => ServerState, loadApp?: Parameters<typeof createRouter>[2]) {
  const direct = new Map([
    ['/auth/token', tokenEndpoint(state, log)],
    ['/auth/forward', forwardEndpoint(state, { mayWrite: undefined }, log)],
    ['/auth/revoke', revokeEndpoint(state, log)],
    [
      '/auth/throws',
      () => {
        throw new Error('an endpoint must not throw');
      },
    ],
  ]);
  const keys = { published: () => [] } as never;
  const server: Server = createServer(batchResponses(createRouter({ direct, keys }, log, loadApp)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterwards(() => void server.close());
  return request(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function stateWith(record: Recorder): ServerState {
  const trustedProxies = parseTrustedProxies(['loopback']);
  if (typeof trustedProxies === 'string') throw new Error(trustedProxies);
  return {
    issuer: quickIssuer({ record }),
    trustedProxies,
    identify: fails,
    findTokenHolder: fails,
    parsers: { host: parseHost, tokenQuery: parseTokenQuery, forwardedScopes: scopesOfForwardedRequest },
  };
}

const fails = (): never => {
  throw new Error('disk full');
};

describe('an exception on the path of an error', () => {
  test.each([
    ['the audit log', { issued: fails, denied: fails }, noLog],
    ['the log', { issued: fails, denied: () => 'id' }, { info: fails, warn: fails, error: fails }],
    [
      'the audit log and the log',
      { issued: fails, denied: fails },
      { info: fails, warn: fails, error: fails },
    ],
  ])('the client gets an answer if %s fails', async (_what, record, log) => {
    const server = await serverWith(log, () => stateWith(record));
    const requests = [
      server.get('/auth/token').set('Host', 'pub.example.com'),
      server.get('/auth/token').auth('writer', 'wrong'),
      server.post('/auth/token').send('not a form'),
      server.get('/auth/forward').set('Authorization', basic('writer', 'wrong')),
      server.post('/auth/revoke').type('form').send('token=x'),
      server.get('/auth/throws'),
      server.get('/auth/nothing'),
      server.get('/auth/%'),
    ];
    for (const sent of requests) {
      const { status, body } = await sent;
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).toHaveProperty('errors');
    }
  });

  test('one request of a batch that fails does not take the others with it', async () => {
    const server = await serverWith(noLog, () => stateWith({ issued: () => undefined, denied: () => 'id' }));
    const answers = await Promise.all([
      server.get('/auth/throws'),
      server.get('/auth/token').auth('writer', 'writer-secret'),
      server.get('/auth/throws'),
      server.get('/auth/token').auth('writer', 'writer-secret'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([500, 200, 500, 200]);
  });
});

test('a request that needs a file that cannot be loaded gets 503, and a later request works', async () => {
  let isMissing = true;
  const server = await serverWith(
    noLog,
    () => stateWith({ issued: () => undefined, denied: () => 'id' }),
    async (endpoints, log) => {
      const { importLate } = await import('../../src/errors.ts');
      const { createApp } = await importLate(() =>
        isMissing
          ? Promise.reject(Object.assign(new Error('Cannot find module'), { code: 'ERR_MODULE_NOT_FOUND' }))
          : import('../../src/http/app.ts'),
      );
      return createApp(endpoints, log);
    },
  );
  const missing = await server.get('/auth/nothing');
  expect([missing.status, refusalIn(missing)]).toEqual([503, 'unavailable']);
  expect((await server.get('/auth/token').auth('writer', 'writer-secret')).status).toBe(200);
  isMissing = false;
  expect((await server.get('/auth/nothing')).status).toBe(404);
});
