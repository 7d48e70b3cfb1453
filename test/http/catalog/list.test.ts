import request from 'supertest';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRobot, removeRobot, setRobot } from '../../../src/admin/robots.ts';
import { revokeAccessToken } from '../../../src/admin/access-tokens.ts';
import { disableUser } from '../../../src/admin/users.ts';
import {
  accessOfToken,
  askCatalog,
  catalogToken,
  namesIn,
  readPages,
  type Login,
} from '../../support/catalog/ask-catalog.ts';
import { publicHost, privateHost, startIssuer, type TestIssuer } from '../../support/dockpass/issuer.ts';
import { startFakeRegistry, type FakeRegistry } from '../../support/registry/fake-registry.ts';

// The registry is replaced by a server in this process. test/e2e/catalog.test.ts asks real registries.

const password = 'correct horse battery';
const as = (name: string): readonly [string, string] => [name, password];

const repositories = ['alice/own', 'b', 'hidden/a', 'public/x', 'public/y', 'team/a', 'team/b', 'team/c'];
const withoutHidden = repositories.filter((name) => name !== 'hidden/a');

let issuer: TestIssuer;
let registry: FakeRegistry;
/** A user name that no other test uses. */
let user = '';

beforeAll(async () => {
  registry = await startFakeRegistry();
  registry.addRepositories(repositories);
  issuer = await startIssuer({
    registries: [registry.url],
    publicRepositories: ['public/**'],
    policy: [
      { deny: ['pull'], to: ['everyone'], on: ['hidden/**'] },
      { allow: ['pull'], to: ['users'], on: ['${user}/**'] },
      { deny: ['pull'], to: ['user:far'], on: ['team/**'], from: ['127.0.0.0/8'] },
    ],
  });
  for (const [name, role] of Object.entries({
    root: 'admin',
    alice: 'none',
    empty: 'none',
    pusher: 'none',
    reader: 'reader',
    far: 'reader',
  } as const))
    await issuer.addUser(name, password, role);
  await give('pusher', 'b', ['push']);
});

beforeEach(async ({ task }) => {
  user = `user-${task.id.replaceAll(/\W/g, '').slice(-12)}`;
});

async function give(subject: string, pattern: string, actions: readonly ('pull' | 'push')[]): Promise<void> {
  await issuer.server.store.grants.put({ subject, pattern, actions, createdAt: 0 });
}

/** Returns what a login lists with Basic, and with a token that it has requested for the list. */
async function lists(login: readonly [string, string]): Promise<(readonly string[] | number)[]> {
  const token = await catalogToken(issuer, login);
  return [namesIn(await askCatalog(issuer, login)), namesIn(await askCatalog(issuer, token))];
}

describe('each lists what they may pull', () => {
  test.each([
    ['an administrator', 'root', withoutHidden],
    ['a reader', 'reader', withoutHidden],
    ['a user of a rule with ${user}', 'alice', ['alice/own']],
    ['a user without rights', 'empty', []],
    ['a user who may only push', 'pusher', []],
    ['a user whom a rule denies in this network', 'far', withoutHidden.filter((name) => !/^team/.test(name))],
  ])('%s', async (_who, name, expected) => {
    expect(await lists(as(name))).toEqual([expected, expected]);
  });

  test('a robot and a limited access token list what both they and their user may pull', async () => {
    const { store } = issuer.server;
    const only = [{ pattern: 'team/*', actions: ['pull'] as const }];
    const { secret } = await createRobot(store, issuer.clock, { name: `${user}-r`, only, expiresIn: 1000 });
    const team = ['team/a', 'team/b', 'team/c'];
    expect(await lists([`${user}-r`, secret.reveal()])).toEqual([team, team]);
    const limited = await issuer.addAccessToken('reader', { name: user, only });
    expect(await lists(['reader', limited])).toEqual([team, team]);
    const ofEmpty = await issuer.addAccessToken('empty', { name: user, only });
    expect(await lists(['empty', ofEmpty])).toEqual([[], []]);
    const whole = await issuer.addAccessToken('alice', { name: user });
    expect(await lists(['alice', whole])).toEqual([['alice/own'], ['alice/own']]);
  });

  test('no token holds what a registry takes for the right to list everything', async () => {
    for (const name of ['root', 'reader', 'empty'])
      expect(accessOfToken(await catalogToken(issuer, as(name)))).toEqual([]);
    expect(accessOfToken(await catalogToken(issuer, undefined, { host: publicHost }))).toEqual([]);
  });
});

describe('the rights count that someone has at the time of the request', () => {
  test('a grant that is added or removed, and a deleted or disabled user', async () => {
    await issuer.addUser(user, password, 'none');
    await give(user, 'team/a', ['pull']);
    const token = await catalogToken(issuer, as(user));
    const both = async () => [
      namesIn(await askCatalog(issuer, as(user))),
      namesIn(await askCatalog(issuer, token)),
    ];
    expect(await both()).toEqual([['team/a'], ['team/a']]);
    await give(user, 'team/b', ['pull']);
    expect(await both()).toEqual([
      ['team/a', 'team/b'],
      ['team/a', 'team/b'],
    ]);
    await issuer.server.store.grants.remove(user, 'team/a');
    expect(await both()).toEqual([['team/b'], ['team/b']]);
    await disableUser(issuer.server.store, issuer.clock, user);
    expect(await both()).toEqual([401, 401]);
  });

  test('a robot that is narrowed, replaced by one of the same name, or removed', async () => {
    const { store } = issuer.server;
    const robot = (pattern: string) =>
      createRobot(store, issuer.clock, {
        name: user,
        only: [{ pattern, actions: ['pull'] }],
        expiresIn: 1000,
      });
    const { secret } = await robot('team/*');
    const token = await catalogToken(issuer, [user, secret.reveal()]);
    const list = async () => namesIn(await askCatalog(issuer, token));
    await setRobot(store, issuer.clock, user, { only: [{ pattern: 'team/c', actions: ['pull'] }] });
    expect(await list()).toEqual(['team/c']);
    await removeRobot(store, issuer.clock, user);
    expect(await list()).toBe(401);
    issuer.clock.advance(2);
    await robot('**');
    expect(await list()).toBe(401);
  });

  test('a revoked access token', async () => {
    const text = await issuer.addAccessToken('reader', { name: user });
    const token = await catalogToken(issuer, ['reader', text]);
    expect(namesIn(await askCatalog(issuer, token))).toEqual(withoutHidden);
    await revokeAccessToken(issuer.server.store, issuer.clock, { name: user, user: 'reader' });
    expect(namesIn(await askCatalog(issuer, token))).toBe(401);
  });
});

describe('a request that lists nothing', () => {
  const challenge = (error?: string) =>
    `Bearer realm="https://${privateHost}/auth/token",service="registry",scope="registry:catalog:*"${error === undefined ? '' : `,error="${error}"`}`;

  test('without a login gets a challenge that names the scope', async () => {
    const answer = await askCatalog(issuer, undefined);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(challenge());
    expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
    expect(answer.body).toHaveProperty('errors[0].code', 'UNAUTHORIZED');
  });

  test.each([
    [
      'a token for another scope',
      async () => catalogToken(issuer, as('root'), { scope: 'repository:b:pull' }),
    ],
    [
      'a token for the catalog without the action *',
      async () => catalogToken(issuer, as('root'), { scope: 'registry:catalog:pull' }),
    ],
    ['a token of a public domain', async () => catalogToken(issuer, as('root'), { host: publicHost })],
    ['an anonymous token', async () => catalogToken(issuer, undefined, { host: publicHost })],
  ])('with %s is asked for another one', async (_what, tokenOf) => {
    const answer = await askCatalog(issuer, await tokenOf());
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      challenge('insufficient_scope'),
    ]);
  });

  test('with a changed, foreign or expired token gets 401', async () => {
    const token = await catalogToken(issuer, as('root'));
    const [header, payload = '', signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string };
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'reader' })).toString('base64url');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const other = await startIssuer({ registries: [registry.url] });
    await other.addUser('root', password, 'admin');
    for (const wrong of [
      `${header}.${changed}.${signature}`,
      `${none}.${payload}.`,
      await catalogToken(other, as('root')),
      'dpp_x',
    ]) {
      const answer = await askCatalog(issuer, wrong);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, challenge('invalid_token')]);
    }
    issuer.clock.advance(5 * 60 + 61);
    expect((await askCatalog(issuer, token)).status).toBe(401);
  });

  test('with a wrong password is recorded like any other login', async () => {
    const answer = await askCatalog(issuer, ['root', 'wrong']);
    expect(answer.status).toBe(401);
    expect(answer.body).toHaveProperty(
      'errors[0].message',
      expect.stringContaining('wrong user name or password'),
    );
    expect(answer.headers['www-authenticate']).toBe(challenge());
  });

  test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const)('by %s gets 405', async (method) => {
    const sent = request(issuer.url)[method.toLowerCase() as 'head']('/v2/_catalog').set('Host', privateHost);
    const answer = await sent;
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET']);
  });

  test.each(['/v2/', '/v2/_catalog/', '/v2/team/a/tags/list', '/v2/_CATALOG'])(
    'of another path (%s) gets 404',
    async (path) => {
      expect((await request(issuer.url).get(path).set('Host', privateHost)).status).toBe(404);
    },
  );
});

describe('pages', () => {
  test('hold n repositories, and a link only if another one follows', async () => {
    const reader = as('reader');
    const answer = await askCatalog(issuer, reader, '?n=3');
    expect(answer.text).toBe('{"repositories":["alice/own","b","public/x"]}\n');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['link']).toBe('</v2/_catalog?last=public%2Fx&n=3>; rel="next"');
    for (const n of [1, 2, 3, 7, 8])
      expect((await readPages(issuer, reader, `?n=${n}`)).flat()).toEqual(withoutHidden);
    expect(await readPages(issuer, reader, '?n=7')).toHaveLength(1);
    // A filter leaves gaps in the list of the registry, but none in the pages.
    expect((await readPages(issuer, as('far'), '?n=2')).map(({ length }) => length)).toEqual([2, 2]);
  });

  test('carry the default size in the link', async () => {
    const large = await startFakeRegistry();
    large.addRepositories(Array.from({ length: 250 }, (_, at) => `r${String(at).padStart(3, '0')}`));
    const other = await startIssuer({ registries: [large.url] });
    await other.addUser('reader', password, 'reader');
    const answer = await askCatalog(other, as('reader'));
    expect(answer.headers['link']).toBe('</v2/_catalog?last=r099&n=100>; rel="next"');
    const pages = await readPages(other, as('reader'), '');
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 50]);
  });

  test('120: reveal nothing about a name in last', async () => {
    const alice = as('alice');
    const answers = await Promise.all(
      ['hidden/a', 'hidden/aa', 'team/b', 'nothing'].map(async (last) => {
        const { status, text, headers } = await askCatalog(issuer, alice, `?last=${last}`);
        return [status, text, headers['link']];
      }),
    );
    for (const answer of answers) expect(answer).toEqual([200, '{"repositories":[]}\n', undefined]);
    expect(namesIn(await askCatalog(issuer, alice, '?last=a'))).toEqual(['alice/own']);
  });

  test.each([
    ['-1', '-1'],
    ['abc', 'abc'],
    ['2.0', '2.0'],
    ['1e1', '1e1'],
    ['+2', ' 2'],
    ['0x2', '0x2'],
    ['99999999999999999999', '99999999999999999999'],
  ])('121: a wrong n (%s) is 400', async (n, detail) => {
    const answer = await askCatalog(issuer, as('reader'), `?n=${n}`);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      errors: [
        {
          code: 'PAGINATION_NUMBER_INVALID',
          message: 'invalid number of results requested',
          detail: { n: detail },
        },
      ],
    });
  });

  test('121: n may be zero or empty', async () => {
    const zero = await askCatalog(issuer, as('reader'), '?n=0');
    expect([zero.text, zero.headers['link']]).toEqual(['{"repositories":[]}\n', undefined]);
    expect(namesIn(await askCatalog(issuer, as('reader'), '?n='))).toEqual(withoutHidden);
  });
});

describe('the list under a public domain', () => {
  const logins: readonly [string, () => Promise<Login>][] = [
    ['no login', async () => undefined],
    ['an anonymous token', () => catalogToken(issuer, undefined, { host: publicHost })],
    ['a password', async () => as('root')],
    ['a token of an administrator', () => catalogToken(issuer, as('root'), { host: publicHost })],
    ['a token of a private domain', () => catalogToken(issuer, as('root'))],
  ];
  test.each(logins)('has what is public there, with %s', async (_what, login) => {
    expect(namesIn(await askCatalog(issuer, await login(), '', publicHost))).toEqual([
      'public/x',
      'public/y',
    ]);
  });

  test('is 401 for everyone if the public catalog is off', async () => {
    const other = await startIssuer({ registries: [registry.url], publicCatalog: false });
    await other.addUser('root', password, 'admin');
    const token = await catalogToken(other, as('root'), { host: publicHost });
    for (const login of [undefined, as('root'), token, await catalogToken(other, as('root'))])
      expect(namesIn(await askCatalog(other, login, '', publicHost))).toBe(401);
    // The page is hidden too.
    expect((await request(other.url).get('/auth/').set('Host', publicHost)).status).toBe(404);
    expect(namesIn(await askCatalog(other, as('root')))).toEqual(repositories);
  });

  test('has at most 1000 repositories a page', async () => {
    const large = await startFakeRegistry();
    large.addRepositories(Array.from({ length: 1001 }, (_, at) => `r${at}`));
    const other = await startIssuer({ registries: [large.url] });
    const answer = await askCatalog(other, undefined, '?n=5000', publicHost);
    expect(namesIn(answer)).toHaveLength(1000);
    expect(answer.headers['link']).toMatch(/&n=1000>; rel="next"$/);
  });
});

describe.each([
  ['admins', { root: repositories, reader: 403 }, { root: repositories, reader: 401 }],
  ['users', { root: repositories, reader: repositories }, { root: repositories, reader: repositories }],
] as const)('with catalog: %s', (catalog, withBasic, withToken) => {
  test('these users list all repositories', async () => {
    const other = await startIssuer({
      registries: [registry.url],
      catalog,
      policy: [{ deny: ['pull'], to: ['everyone'], on: ['hidden/**'] }],
    });
    await other.addUser('root', password, 'admin');
    await other.addUser('reader', password, 'reader');
    for (const name of ['root', 'reader'] as const) {
      expect(namesIn(await askCatalog(other, as(name)))).toEqual(withBasic[name]);
      const token = await catalogToken(other, as(name));
      expect(namesIn(await askCatalog(other, token))).toEqual(withToken[name]);
      expect(accessOfToken(token)).toEqual(
        withToken[name] === 401 ? [] : [{ type: 'registry', name: 'catalog', actions: ['*'] }],
      );
    }
    expect((await readPages(other, as('root'), '?n=3')).flat()).toEqual(repositories);
  });
});

test('if the registry does not answer, the list is 503, and 401 without a login', async () => {
  const other = await startIssuer({ registries: ['http://127.0.0.1:1'] });
  await other.addUser('root', password, 'admin');
  const answer = await askCatalog(other, as('root'));
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  expect(answer.text).not.toContain('127.0.0.1');
  expect((await askCatalog(other, undefined)).status).toBe(401);
});
