import { beforeAll, describe, expect, test } from 'vitest';
import { createRobot } from '../../../../src/admin/robots.ts';
import { callApi, problemIn, type Method } from '../../../support/dockpass/console.ts';
import { privateHost, startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  await issuer.addUser('bob', password, 'none');
});

/** Sends a request with a password, or with another secret, of the user. */
const as = (user: string, method: Method, path: string, body?: object, secret = password) => {
  const sent = callApi(issuer, method, path).auth(user, secret);
  return body === undefined ? sent : sent.send(body);
};

interface Token {
  readonly id: string;
  readonly secret: string;
}

async function create(user: string, body: object): Promise<Token> {
  const answer = await as(user, 'post', '/tokens', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body as Token;
}

describe('access tokens in the API', () => {
  test('are created with a secret that is shown once, and are used like a password', async () => {
    const answer = await as('alice', 'post', '/tokens', {
      name: 'Laptop',
      only: ['team/**:pull,push'],
      expires: '30d',
      description: 'my laptop',
    });
    expect(answer.status).toBe(201);
    const { secret, ...token } = answer.body as Token;
    expect(secret.length).toBeGreaterThan(20);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['location']).toBe(`/auth/api/v1/tokens/${encodeURIComponent(token.id)}`);
    expect(token).toMatchObject({
      name: 'laptop',
      user: 'alice',
      only: ['team/**:pull,push'],
      api: false,
      expires: '2026-03-31T12:00:00Z',
      description: 'my laptop',
    });
    const shown = await as('alice', 'get', `/tokens/${token.id}`);
    expect(shown.body).toEqual(token);
    expect((await issuer.get(privateHost).auth('alice', secret)).status).toBe(200);
    expect((await as('alice', 'delete', `/tokens/${token.id}`)).status).toBe(204);
    expect((await issuer.get(privateHost).auth('alice', secret)).status).toBe(401);
    expect(problemIn(await as('alice', 'get', `/tokens/${token.id}`))).toBe('404 no_such_token');
  });

  test('can be used in the API if they were created for it', async () => {
    const [plain, api] = [
      await create('alice', { name: 'plain' }),
      await create('alice', { name: 'api', api: true }),
    ];
    expect(problemIn(await as('alice', 'get', '/tokens', undefined, plain.secret))).toBe(
      '403 api_not_allowed',
    );
    expect((await as('alice', 'get', '/tokens', undefined, api.secret)).status).toBe(200);
    const bearer = callApi(issuer, 'get', '/me', { Authorization: `Bearer ${api.secret}` });
    expect((await bearer).body).toMatchObject({ name: 'alice' });
  });

  test('have ids that do not contain their hash', async () => {
    const { id } = await create('alice', { name: 'hash', expires: 'never' });
    const stored = (await issuer.server.store.accessTokens.list('alice')).find(({ name }) => name === 'hash');
    expect(stored?.expiresAt).toBeNull();
    for (let at = 0; at < 60; at++) expect(id).not.toContain(stored?.hash.slice(at, at + 4));
  });

  test('are listed in pages: all for an administrator, otherwise one’s own', async () => {
    await create('root-1', { name: 'for-bob', user: 'bob' });
    const own = await as('bob', 'get', '/tokens');
    expect(own.body).toMatchObject({ items: [{ name: 'for-bob', user: 'bob' }], next: null });
    const names: string[] = [];
    let cursor = '';
    do {
      const page = await as('root-1', 'get', `/tokens?limit=2${cursor}`);
      const { items, next } = page.body as { items: { name: string }[]; next: string | null };
      names.push(...items.map(({ name }) => name));
      cursor = next === null ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(names).toHaveLength(new Set(names).size);
    expect(names).toEqual(expect.arrayContaining(['api', 'hash', 'plain', 'for-bob']));
  });

  test.each([
    [{}, '/name'],
    [{ name: 'x', unknown: 1 }, '/unknown'],
    [{ name: 'x', only: [] }, '/only'],
    [{ name: 'x', only: ['team/**'] }, '/only/0'],
    [{ name: 'x', only: 'team/**:pull' }, '/only'],
    [{ name: 'x', expires: '90' }, '/expires'],
    [{ name: 'x', expires: 90 }, '/expires'],
    [{ name: 'x', api: 'yes' }, '/api'],
  ])('the body %j is rejected with a pointer', async (body, pointer) => {
    const answer = await as('alice', 'post', '/tokens', body);
    expect(problemIn(answer)).toBe('400 bad_request');
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });

  test('a second token with the same name is a conflict', async () => {
    await create('alice', { name: 'twice' });
    expect(problemIn(await as('alice', 'post', '/tokens', { name: 'twice' }))).toBe('409 already_exists');
  });
});

describe('attack 123: the token of another user', () => {
  test('is neither shown nor revoked, and cannot be created', async () => {
    const { id } = await create('alice', { name: 'secret-project' });
    for (const method of ['get', 'delete'] as const)
      expect(problemIn(await as('bob', method, `/tokens/${id}`))).toBe('404 no_such_token');
    const unknown = await as('bob', 'get', '/tokens/alice:unknown');
    const others = await as('bob', 'get', `/tokens/${id}`);
    expect(Object.keys(others.body as object)).toEqual(Object.keys(unknown.body as object));
    expect(problemIn(await as('bob', 'get', '/tokens?user=alice'))).toBe('404 no_such_user');
    for (const user of ['alice', 'nobody-here'])
      expect(problemIn(await as('bob', 'post', '/tokens', { name: 'x', user }))).toBe('403 forbidden');
    expect((await as('root-1', 'get', `/tokens/${id}`)).status).toBe(200);
    expect((await as('root-1', 'delete', `/tokens/${id}`)).status).toBe(204);
  });
});

describe('attack 128: a robot or a limited token', () => {
  test('makes nothing, also not with --api', async () => {
    const limited = await create('root-1', { name: 'limited', only: ['**:pull'], api: true });
    const robot = await createRobot(issuer.server.store, issuer.clock, {
      ...{ name: 'ci', only: [{ pattern: '**', actions: ['pull'] }], expiresIn: 3600, api: true },
    });
    for (const [name, secret] of [
      ['root-1', limited.secret],
      ['ci', robot.secret.reveal()],
    ] as const) {
      for (const [method, path, body] of [
        ['post', '/tokens', { name: 'stronger' }],
        ['get', '/tokens', undefined],
        ['delete', `/tokens/${limited.id}`, undefined],
        ['get', '/sessions', undefined],
        ['post', '/users/root-1/password', { generate: true }],
        ['post', '/session/registry-token', { scopes: ['repository:a:delete'] }],
        ['delete', '/users/alice/lockout', undefined],
      ] as const)
        expect(problemIn(await as(name, method, path, body, secret)), path).toBe('403 forbidden');
      expect((await as(name, 'get', '/me', undefined, secret)).status).toBe(200);
    }
    expect(
      problemIn(await as('ci', 'post', '/session', { name: 'ci', password: robot.secret.reveal() })),
    ).toBe('401 wrong_credentials');
  });
});
