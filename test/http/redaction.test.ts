import { readFile } from 'node:fs/promises';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { basic, exchange, rawRequest } from '../support/raw-http.ts';

const canary = 'canary-7d1f-correct-horse';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', canary);
});

describe('a password is found nowhere but in the hash', () => {
  test('not in answers, logs, metrics or audit rows', async () => {
    const answers = await Promise.all([
      issuer.get(privateHost).auth('alice', canary),
      issuer.get(privateHost).auth('alice', `${canary}-mistyped`),
      issuer.get(privateHost).auth('nobody', canary),
      // Typed into the field for the name.
      issuer.get(privateHost).auth(canary, 'x'),
      issuer.get(privateHost, `password=${canary}&account=${canary}`).auth('alice', canary),
      issuer.get(privateHost).set('Authorization', canary),
      issuer.get(privateHost).set('Authorization', `Basic ${canary}`),
      issuer.get(privateHost).set('Authorization', `Bearer ${canary}`),
      issuer.post(privateHost, `grant_type=password&username=alice&password=${canary}`),
      issuer.post(
        privateHost,
        `grant_type=password&username=${canary}&password=${canary}&password=${canary}`,
      ),
      issuer.post(privateHost, `grant_type=refresh_token&refresh_token=${canary}`),
      issuer.post(privateHost, `password=${canary}`),
      request(issuer.url).post('/auth/token').set('Host', privateHost).send({ password: canary }),
      request(issuer.url).get('/auth/jwks').set('Authorization', basic('alice', canary)),
      request(issuer.url).get(`/auth/nothing?password=${canary}`).auth('alice', canary),
    ]);
    const broken = await Promise.all([
      exchange(issuer.port, rawRequest('GET /auth/token HTTP/1.1', [`Host: u:${canary}@${publicHost}`])),
      exchange(
        issuer.port,
        rawRequest(`GET http://alice:${canary}@${publicHost}/auth/token HTTP/1.1`, [`Host: ${publicHost}`]),
      ),
      exchange(
        issuer.port,
        rawRequest('GET /auth/token HTTP/1.1', [`Host: ${publicHost}`, `Authorization${canary}`]),
      ),
    ]);
    const { text: metrics } = await request(issuer.operationsUrl).get('/metrics');
    expect(metrics).toContain('dockpass_tokens_issued_total');

    const shown = [
      ...answers.map(({ headers, text }) => JSON.stringify(headers) + text),
      ...broken.map((answer) => answer?.body ?? ''),
      metrics,
    ];
    for (const text of shown) expect(text).not.toContain(canary);
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    const events = await store.auditLog.list({ since: 0 });
    await store.close();
    expect(events.map(({ outcome }) => outcome)).toContain('refused');
    expect(JSON.stringify(events)).not.toContain(canary);
    expect(await readFile(issuer.config.database, 'latin1')).not.toContain(canary);
    expect(issuer.logged.join('\n')).not.toContain(canary);
  });
});
