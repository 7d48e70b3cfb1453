import request from 'supertest';
import { beforeEach, describe, expect, test } from 'vitest';
import { formatSecretToken, createSecretToken } from '../../src/identity/token/secret-token.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { AccessToken, OnlyRight } from '../../src/store/store.ts';
import { afterwards } from '../support/run/afterwards.ts';
import {
  accessIn,
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startIssuer({ catalog: 'admins' });
  await issuer.addUser('alice', 'correct horse battery');
  await issuer.addUser('bob', 'correct horse battery', 'reader');
});

const seconds = (): number => Math.floor(issuer.clock() / 1000);

/** Stores an access token as `dockpass token create` does, and returns its text. */
async function createToken(user: string, change: Partial<AccessToken> = {}): Promise<string> {
  const { text, token } = createSecretToken('dpp_', 20);
  await issuer.server.store.accessTokens.add({
    hash: token.hash,
    name: `token ${token.hash.slice(0, 8)}`,
    user,
    only: null,
    createdAt: seconds(),
    expiresAt: seconds() + 1000,
    lastUse: null,
    ...change,
  });
  return text.reveal();
}

const pullOf = (pattern: string): OnlyRight[] => [{ pattern, actions: ['pull'] }];
const scope = (name: string, actions: string): string => `scope=repository:${name}:${actions}`;
const actionsFor = async (user: string, token: string, query: string): Promise<readonly string[]> =>
  accessIn(await issuer.get(privateHost, query).auth(user, token)).flatMap((entry) => entry.actions);
const status = async (user: string, token: string): Promise<number> =>
  (await issuer.get(privateHost).auth(user, token)).status;

describe('an access token is used like a password', () => {
  test('also if the administration API accepts it', async () => {
    expect(await status('alice', await createToken('alice', { api: true }))).toBe(200);
  });

  test('in GET with Basic, in POST with a form, and at the edge', async () => {
    const token = await createToken('alice');
    expect(await status('Alice', token)).toBe(200);
    const form = `grant_type=password&username=alice&password=${token}`;
    expect((await issuer.post(privateHost, form)).status).toBe(200);
    const forwarded = await request(issuer.url)
      .get('/auth/forward')
      .set({ Host: privateHost, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/v2/a/tags/list' })
      .auth('alice', token);
    expect([forwarded.status, forwarded.headers['authorization']]).toEqual([
      200,
      expect.stringMatching(/^Bearer /),
    ]);
  });

  test('only with the name of its owner', async () => {
    const token = await createToken('alice');
    for (const name of ['bob', 'nobody', 'x']) {
      const answer = await issuer.get(privateHost).auth(name, token);
      expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
    }
  });

  test('docker login gets no refresh token for it, so docker stores the access token', async () => {
    const answer = await issuer
      .get(privateHost, 'offline_token=true&client_id=docker')
      .auth('alice', await createToken('alice'));
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('refresh_token');
  });
});

describe('an access token grants', () => {
  test('never more than its --only', async () => {
    const token = await createToken('alice', { only: pullOf('team/*') });
    expect(await actionsFor('alice', token, scope('team/app', 'pull,push'))).toEqual(['pull']);
    expect(await actionsFor('alice', token, scope('other/app', 'pull,push'))).toEqual([]);
  });

  test('never more than its user', async () => {
    const only: OnlyRight[] = [{ pattern: '**', actions: ['pull', 'push', 'delete', '*'] }];
    const token = await createToken('bob', { only });
    expect(await actionsFor('bob', token, scope('a', '*'))).toEqual(['pull']);
    await issuer.server.store.grants.put({ subject: 'bob', pattern: 'b', actions: ['push'], createdAt: 0 });
    expect(await actionsFor('bob', token, scope('a', 'pull'))).toEqual([]);
    expect(await actionsFor('bob', token, scope('b', 'pull,push'))).toEqual(['push']);
  });

  test('on a repository behind a host with a port', async () => {
    const token = await createToken('alice', { only: pullOf('mirror:5000/**') });
    expect(await actionsFor('alice', token, scope('mirror:5000/a', 'pull'))).toEqual(['pull']);
  });

  test('no catalog to an administrator if it is limited', async () => {
    await issuer.addUser('root1', 'correct horse battery', 'admin');
    const catalog = 'scope=registry:catalog:*';
    expect(await actionsFor('root1', await createToken('root1'), catalog)).toEqual(['*']);
    expect(await actionsFor('root1', await createToken('root1', { only: pullOf('**') }), catalog)).toEqual(
      [],
    );
  });

  test('only pull under a public domain', async () => {
    const answer = await issuer
      .get(publicHost, scope('a', 'pull,push'))
      .auth('alice', await createToken('alice'));
    expect(accessIn(answer)[0]?.actions).toEqual(['pull']);
  });
});

describe('an access token is rejected at once', () => {
  test('when revoked by another process', async () => {
    const token = await createToken('alice', { name: 'ci' });
    expect(await status('alice', token)).toBe(200);
    const cli = await openStore(issuer.config.database);
    afterwards(() => cli.close());
    await cli.accessTokens.remove('alice', 'ci');
    expect(await status('alice', token)).toBe(401);
  });

  test('when it expires, to the second', async () => {
    const token = await createToken('alice', { expiresAt: seconds() + 60 });
    issuer.clock.advance(59);
    expect(await status('alice', token)).toBe(200);
    issuer.clock.advance(1);
    expect(await status('alice', token)).toBe(401);
  });

  test('when its user is disabled or removed, and accepted again when enabled', async () => {
    const token = await createToken('alice');
    const { users } = issuer.server.store;
    await users.update('alice', { disabled: true, changedAt: 0 });
    expect(await status('alice', token)).toBe(401);
    await users.update('alice', { disabled: false, changedAt: 0 });
    expect(await status('alice', token)).toBe(200);
    await users.remove('alice');
    expect(await status('alice', token)).toBe(401);
  });

  test('but not when the password of its user changes', async () => {
    const token = await createToken('alice');
    await issuer.server.store.users.update('alice', { passwordHash: 'another', changedAt: 0 });
    expect(await status('alice', token)).toBe(200);
  });
});

describe('what is stored', () => {
  test('is only the hash, and the time and address of the last use', async () => {
    const token = await createToken('alice', { name: 'ci' });
    await issuer.get(privateHost).set('X-Forwarded-For', '203.0.113.9').auth('alice', token);
    const at = seconds();
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    afterwards(() => store.close());
    const rows = await store.accessTokens.list('alice');
    expect(rows.map(({ name, lastUse }) => [name, lastUse])).toEqual([['ci', { at, from: '203.0.113.9' }]]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test('54: a damaged token is rejected without a lookup in the store', async () => {
    const { accessTokens } = issuer.server.store;
    let lookups = 0;
    const findWithOwner = accessTokens.findWithOwner.bind(accessTokens);
    accessTokens.findWithOwner = (hash) => {
      lookups++;
      return findWithOwner(hash);
    };
    const token = await createToken('alice');
    const damaged = [
      token.slice(0, -1),
      `${token}0`,
      token.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      token.replace('dpp_', 'dpr_'),
      token.toUpperCase().replace('DPP_', 'dpp_'),
      'dpp_',
      `dpp_${'0'.repeat(33)}`,
      `dpp_${'a'.repeat(1000)}`,
    ];
    for (const text of damaged) expect(await status('alice', text)).toBe(401);
    expect(lookups).toBe(0);
    expect(await status('alice', formatSecretToken('dpp_', Buffer.alloc(20, 7)))).toBe(401);
    expect(lookups).toBe(1);
  });
});
