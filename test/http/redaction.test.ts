import { readFile } from 'node:fs/promises';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSecretToken } from '../../src/identity/token/secret-token.ts';
import { openStore } from '../../src/store/open-store.ts';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';
import { basic, exchange, rawRequest } from '../support/network/raw-http.ts';

const canary = 'canary-7d1f-correct-horse';
let issuer: TestIssuer;
/** One secret of each kind, and the name of its owner. */
let secrets: readonly { readonly kind: string; readonly user: string; readonly secret: string }[];

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', canary);
  const [token, robot] = [createSecretToken('dpp_', 20), createSecretToken('dpr_', 20)];
  const { accessTokens, robots } = issuer.server.store;
  const common = { createdAt: 0, expiresAt: null, lastUse: null };
  await accessTokens.add({ hash: token.token.hash, name: 'ci', user: 'alice', only: null, ...common });
  await robots.add(
    { name: 'builder', only: [{ pattern: '**', actions: ['pull'] }], disabled: false, ...common },
    { hash: robot.token.hash, robot: 'builder', createdAt: 0, expiresAt: null },
  );
  const { body } = await issuer.get(privateHost, 'offline_token=true').auth('alice', canary);
  secrets = [
    { kind: 'password', user: 'alice', secret: canary },
    { kind: 'access token', user: 'alice', secret: token.text.reveal() },
    { kind: 'robot', user: 'builder', secret: robot.text.reveal() },
    { kind: 'refresh token', user: 'alice', secret: (body as { refresh_token: string }).refresh_token },
  ];
});

/** Sends a secret in right and wrong places, also mistyped. Returns the responses. */
async function useEverywhere(user: string, secret: string): Promise<string[]> {
  const answers = await Promise.all([
    issuer.get(privateHost).auth(user, secret),
    issuer.get(privateHost).auth(user, `${secret}-mistyped`),
    issuer.get(privateHost).auth('nobody', secret),
    // The user typed the secret into the field for the user name.
    issuer.get(privateHost).auth(secret, 'x'),
    issuer.get(privateHost, `password=${secret}&account=${secret}`).auth(user, secret),
    issuer.get(privateHost).set('Authorization', secret),
    issuer.get(privateHost).set('Authorization', `Basic ${secret}`),
    issuer.get(privateHost).set('Authorization', `Bearer ${secret}`),
    issuer.post(privateHost, `grant_type=password&username=${user}&password=${secret}`),
    issuer.post(privateHost, `grant_type=password&username=${secret}&password=${secret}&password=${secret}`),
    issuer.post(privateHost, `grant_type=refresh_token&refresh_token=${secret}`),
    issuer.post(privateHost, `grant_type=refresh_token&refresh_token=${secret}&service=other`),
    issuer.post(privateHost, `password=${secret}`),
    request(issuer.url).post('/auth/token').set('Host', privateHost).send({ password: secret }),
    request(issuer.url).get('/auth/jwks').set('Authorization', basic(user, secret)),
    request(issuer.url).get(`/auth/nothing?password=${secret}`).auth(user, secret),
    request(issuer.url)
      .get('/auth/forward')
      .set({ Host: privateHost, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': `/v2/?token=${secret}` })
      .auth(user, secret),
  ]);
  const raw = (...lines: [string, ...string[]]) =>
    exchange(issuer.port, rawRequest(lines[0], lines.slice(1)));
  const broken = await Promise.all([
    raw('GET /auth/token HTTP/1.1', `Host: u:${secret}@${publicHost}`),
    raw(`GET http://alice:${secret}@${publicHost}/auth/token HTTP/1.1`, `Host: ${publicHost}`),
    raw('GET /auth/token HTTP/1.1', `Host: ${publicHost}`, `Authorization${secret}`),
  ]);
  return [
    ...answers.map(({ headers, text }) => JSON.stringify(headers) + text),
    ...broken.map((answer) => answer?.body ?? ''),
  ];
}

describe('a secret is stored only as a hash', () => {
  test('is not in responses, logs, metrics, audit rows or the database file', async () => {
    const shown: string[] = [];
    for (const { user, secret } of secrets) shown.push(...(await useEverywhere(user, secret)));
    const { text: metrics } = await request(issuer.operationsUrl).get('/metrics');
    expect(metrics).toContain('dockpass_tokens_issued_total');
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    const events = await store.auditLog.list({ since: 0 });
    await store.close();
    expect(events.map(({ outcome }) => outcome)).toContain('refused');

    const files = await readFile(issuer.config.database, 'latin1');
    const everywhere = [...shown, metrics, JSON.stringify(events), files, issuer.logged.join('\n')];
    for (const { kind, secret } of secrets)
      for (const text of everywhere)
        expect(text.includes(secret.slice(0, 24)), `${kind} in ${text}`).toBe(false);
  });
});
