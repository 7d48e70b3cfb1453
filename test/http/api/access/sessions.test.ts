import { beforeEach, describe, expect, test } from 'vitest';
import { callApi, openBrowser, problemIn, type Method } from '../../../support/dockpass/console.ts';
import { privateHost, startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  await issuer.addUser('bob', password, 'none');
});

const as = (user: string, method: Method, path: string) => callApi(issuer, method, path).auth(user, password);

interface Session {
  readonly id: string;
  readonly user: string;
  readonly client: string;
}

async function list(user: string, query = ''): Promise<Session[]> {
  return ((await as(user, 'get', `/sessions${query}`)).body as { items: Session[] }).items;
}

/** Logs in as docker does. Returns the refresh token. */
async function dockerLogin(user: string): Promise<string> {
  const answer = await issuer.get(privateHost, 'offline_token=true&client_id=docker').auth(user, password);
  return (answer.body as { refresh_token: string }).refresh_token;
}

test('sessions of clients and of the console are listed together', async () => {
  await dockerLogin('alice');
  issuer.clock.advance(1);
  await openBrowser(issuer).signIn('alice', password);
  await openBrowser(issuer).signIn('bob', password);
  const all = await list('root-1');
  expect(all).toMatchObject([
    { user: 'alice', client: 'docker', host: privateHost, createdAt: '2026-03-01T12:00:00Z' },
    { user: 'alice', client: 'console', host: privateHost, lastUsedAt: '2026-03-01T12:00:01Z' },
    { user: 'bob', client: 'console' },
  ]);
  expect(JSON.stringify(all)).not.toMatch(/hash|secret|dpi_/);
  expect((await list('alice')).map(({ client }) => client)).toEqual(['docker', 'console']);
  expect(await list('root-1', '?user=bob')).toHaveLength(1);
  expect(problemIn(await as('root-1', 'get', '/sessions?user=mallory'))).toBe('404 no_such_user');
});

test('the session of a client ends at once', async () => {
  const token = await dockerLogin('alice');
  const [{ id } = { id: '' }] = await list('alice');
  expect((await as('alice', 'get', `/sessions/${id}`)).body).toMatchObject({ id, user: 'alice' });
  expect((await as('alice', 'delete', `/sessions/${id}`)).status).toBe(204);
  const form = `grant_type=refresh_token&refresh_token=${token}`;
  expect((await issuer.post(privateHost, form)).status).toBe(401);
  expect(problemIn(await as('alice', 'delete', `/sessions/${id}`))).toBe('404 no_such_session');
});

describe('attack 123: the session of another user', () => {
  test('is neither listed, nor shown, nor ended', async () => {
    await dockerLogin('alice');
    const browser = openBrowser(issuer);
    await browser.signIn('alice', password);
    expect(await list('bob')).toEqual([]);
    for (const { id } of await list('alice'))
      for (const method of ['get', 'delete'] as const)
        expect(problemIn(await as('bob', method, `/sessions/${id}`))).toBe('404 no_such_session');
    expect(problemIn(await as('bob', 'get', '/sessions?user=alice'))).toBe('404 no_such_user');
    expect(await list('alice')).toHaveLength(2);
    expect((await browser.send('get', '/me')).status).toBe(200);
  });
});
