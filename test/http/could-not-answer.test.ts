import { truncate } from 'node:fs/promises';
import request from 'supertest';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSecretToken } from '../../src/identity/token/secret-token.ts';
import { openStore } from '../../src/store/open-store.ts';
import { basic } from '../support/network/raw-http.ts';
import {
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

// These tests damage the database of a running server. A login that cannot be checked is neither accepted nor denied.

const password = 'correct horse battery';
let issuer: TestIssuer;
let accessToken: string;

beforeEach(async () => {
  issuer = await startIssuer({ publicDomains: [publicHost] });
  await issuer.addUser('alice', password);
  const { text, token } = createSecretToken('dpp_', 20);
  accessToken = text.reveal();
  const dates = { createdAt: 0, expiresAt: null, lastUse: null };
  await issuer.server.store.accessTokens.add({
    hash: token.hash,
    name: 'ci',
    user: 'alice',
    only: null,
    ...dates,
  });
});

/**
 * Changes something as another process would, so that the server no longer answers from its caches. Then truncates the
 * database file.
 */
async function breakDatabase(): Promise<void> {
  const cli = await openStore(issuer.config.database);
  await cli.groups.add('dev', 0);
  await cli.close();
  await truncate(issuer.config.database, 100);
  await truncate(`${issuer.config.database}-wal`, 0);
}

describe('every endpoint answers 503 if the database fails', () => {
  test.each([
    ['the right password', () => password],
    ['a wrong password', () => 'wrong horse battery'],
    ['an access token', () => accessToken],
    ['an access token that was never issued', () => createSecretToken('dpp_', 20).text.reveal()],
    ["a robot's secret", () => createSecretToken('dpr_', 20).text.reveal()],
  ])('%s', async (_what, secret) => {
    await breakDatabase();
    const form = new URLSearchParams({ grant_type: 'password', username: 'alice', password: secret() });
    const answers = [
      await issuer.get(privateHost, 'scope=repository:a:pull').auth('alice', secret()),
      await issuer.get(publicHost, 'scope=repository:a:pull').auth('alice', secret()),
      await issuer.post(privateHost, form.toString()),
    ];
    for (const answer of answers) {
      expect([answer.status, refusalIn(answer), answer.headers['retry-after']]).toEqual([
        503,
        'unavailable',
        '5',
      ]);
      expect(answer.body).not.toHaveProperty('token');
    }
    const forwarded = await request(issuer.url)
      .get('/auth/forward')
      .set({ Host: privateHost, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/v2/a/tags/list' })
      .set('Authorization', basic('alice', secret()));
    // The edge gets 403 instead of 503, because nginx turns every error status except 401 and 403 into 500.
    expect([forwarded.status, forwarded.headers['authorization']]).toEqual([403, undefined]);
  });

  test('a refresh token', async () => {
    const login = await issuer
      .get(privateHost, 'offline_token=true&client_id=docker')
      .auth('alice', password);
    const { refresh_token: refreshToken } = login.body as { refresh_token: string };
    await breakDatabase();
    const answer = await issuer.post(privateHost, `grant_type=refresh_token&refresh_token=${refreshToken}`);
    expect([answer.status, refusalIn(answer)]).toEqual([503, 'unavailable']);
  });

  test('anonymous clients still get tokens', async () => {
    await breakDatabase();
    expect((await issuer.get(publicHost, 'scope=repository:a:pull')).status).toBe(200);
  });
});
