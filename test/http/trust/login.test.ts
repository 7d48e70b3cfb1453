import { decodeJwt } from 'jose';
import request, { type Response } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessIn, privateHost, publicHost, refusalIn, startIssuer } from '../../support/dockpass/issuer.ts';
import { basic } from '../../support/network/raw-http.ts';
import {
  askForward,
  jobClaims,
  pushTo,
  ruleOf,
  startFederatedServer,
  type FederatedServer,
} from '../../support/trust/federated-server.ts';
import { countSignatures } from '../../support/trust/count-signatures.ts';

/** Returns what the token of an answer grants, as `subject name:actions …`. */
function grantedIn(answer: Response): string {
  expect(answer.status, answer.text).toBe(200);
  const { sub } = decodeJwt((answer.body as { token: string }).token);
  return [sub, ...accessIn(answer).map(({ name, actions }) => `${name}:${actions.join(',')}`)].join(' ');
}

const app = pushTo('acme/app/web');

describe('a login with a JWT', () => {
  let federated: FederatedServer;
  const sign = (claims: object = {}) => federated.ci.sign({ ...jobClaims, ...claims });
  beforeAll(async () => {
    federated = await startFederatedServer(
      (ci) => [
        ruleOf(ci),
        ruleOf(ci, {
          name: 'by-namespace',
          when: { namespace_id: '7' },
          only: ['${namespace}/**:pull'],
        }),
      ],
      { publicRepositories: ['acme/app/**'] },
    );
    await federated.server.addUser('alice', 'correct horse battery');
    await federated.server.addUser('acme-app', 'correct horse battery', 'admin');
  });

  test('gets what its trust rule gives, by GET and by POST', async () => {
    const jwt = await sign();
    const scopes = `${app}&${pushTo('other/app')}`;
    expect(grantedIn(await federated.login(jwt, { query: scopes }))).toBe(
      'ci:acme-app acme/app/web:pull,push',
    );
    const form = `grant_type=password&username=ci&password=${jwt}&service=registry&client_id=buildkit&${app}`;
    expect(grantedIn(await federated.server.post(privateHost, form))).toBe(
      'ci:acme-app acme/app/web:pull,push',
    );
  });

  test('89: needs no particular user name, also not that of a user', async () => {
    const jwt = await sign();
    for (const user of ['ci', 'alice', 'acme-app', '<token>', 'ÿ']) {
      expect(grantedIn(await federated.login(jwt, { user, query: app })), user).toMatch(/^ci:acme-app /);
      const other = { user, query: `account=other&${app}` };
      expect(grantedIn(await federated.login(jwt, other)), user).toMatch(/^ci:acme-app /);
    }
    await expect.poll(() => federated.recorded('issued', 'subject')).not.toEqual([]);
    expect(new Set(await federated.recorded('issued', 'subject'))).toEqual(new Set(['ci:acme-app']));
  });

  test('90: a rule with the name of a user gives no right of this user, and the user no right of the rule', async () => {
    const scopes = `${pushTo('secret/app')}&${app}`;
    expect(grantedIn(await federated.login(await sign(), { query: scopes }))).toBe(
      'ci:acme-app acme/app/web:pull,push',
    );
    const user = await federated.server
      .get(privateHost, `${pushTo('secret/app')}`)
      .set('Authorization', basic('acme-app', 'correct horse battery'));
    expect(grantedIn(user)).toBe('acme-app secret/app:pull,push');
  });

  test.each([
    ['80: a missing audience', { aud: undefined }],
    ['80: a foreign audience', { aud: 'other.example.com' }],
    ['80: a list without our audience', { aud: ['other.example.com', 'registry.example.com.evil.org'] }],
    ['85: a pull request of a fork', { ref: 'refs/pull/1/merge' }],
    ['a repository of another owner', { repository_id: '43' }],
    ['an id with a star', { repository_id: '*' }],
    ['an expired JWT', { exp: 1 }],
  ])('is rejected with %s, and not checked as a password', async (_, claims) => {
    const jwt = await sign(claims);
    for (const user of ['ci', 'alice']) {
      const answer = await federated.login(jwt, { user, query: app });
      expect([answer.status, refusalIn(answer)]).toEqual([401, 'jwt_rejected']);
      expect(answer.text).not.toContain('refs/');
      expect(answer.text).toMatch(/explain.*refusal [0-9a-z]{12}\)/);
    }
  });

  test('80: accepts a list of audiences if ours is in it', async () => {
    const jwt = await sign({ aud: ['other.example.com', privateHost] });
    expect(grantedIn(await federated.login(jwt, { query: app }))).toMatch(/^ci:acme-app /);
  });

  test.each([
    ['web', 'ci:by-namespace web/a:pull'],
    ['WEB', 'ci:by-namespace web/a:pull'],
    ['web/a', 'ci:by-namespace'],
    ['*', 'ci:by-namespace'],
    ['**', 'ci:by-namespace'],
    ['..', 'ci:by-namespace'],
    ['web/../..', 'ci:by-namespace'],
    ['', 'ci:by-namespace'],
  ])('92: the claim value %j in a pattern gives %j', async (namespace, expected) => {
    const jwt = await sign({ namespace_id: '7', repository_id: undefined, namespace });
    const answer = await federated.login(jwt, { query: `${pushTo('web/a')}&${pushTo('other/a')}` });
    expect(grantedIn(answer)).toBe(expected);
  });

  test('gets pull under a public domain, and a wrong JWT gets 401 there', async () => {
    const query = app;
    expect(grantedIn(await federated.login(await sign(), { host: publicHost, query }))).toBe(
      'ci:acme-app acme/app/web:pull',
    );
    const wrong = await federated.login(await sign({ aud: 'x' }), { host: publicHost, query });
    expect([wrong.status, refusalIn(wrong)]).toEqual([401, 'jwt_rejected']);
  });

  test('works for a registry request with Basic credentials', async () => {
    const jwt = await sign();
    const push = await askForward(federated, jwt, 'PUT', '/v2/acme/app/web/manifests/latest');
    expect([push.status, push.headers['authorization']]).toEqual([200, expect.stringMatching(/^Bearer eyJ/)]);
    expect((await askForward(federated, jwt, 'GET', '/v2/other/manifests/latest')).status).toBe(403);
    const wrong = await askForward(federated, await sign({ ref: 'x' }), 'GET', '/v2/acme/app/web/tags/list');
    expect([wrong.status, refusalIn(wrong)]).toEqual([401, 'jwt_rejected']);
  });

  test('cannot list the catalog, and cannot use the administration API or the console', async () => {
    const jwt = await sign();
    expect(grantedIn(await federated.login(jwt, { query: 'scope=registry:catalog:*' }))).toBe('ci:acme-app');
    const api = (path: string) =>
      request(federated.server.url)
        [path === 'session' ? 'post' : 'get'](`/auth/api/v1/${path}`)
        .set('Host', privateHost);
    const byBasic = await api('me').set('Authorization', basic('ci', jwt));
    expect([byBasic.status, (byBasic.body as { code: string }).code]).toEqual([403, 'api_not_allowed']);
    expect((await api('me').set('Authorization', `Bearer ${jwt}`)).status).toBe(401);
    const signIn = await api('session').send({ name: 'alice', password: jwt });
    expect(signIn.status).toBe(401);
  });

  test('is recorded with the job, and the last use of its rule is written', async () => {
    await federated.login(await sign(), { query: app });
    await expect
      .poll(() => federated.recorded('issued', 'client'))
      .toContainEqual(expect.stringMatching(/; job: sub repo:acme\/app$/) as string);
    const { trustRuleUses } = federated.server.server.store;
    await expect.poll(async () => (await trustRuleUses.list()).get('acme-app')?.from).toBe('127.0.0.1');
    const { text } = await request(federated.server.operationsUrl).get('/metrics');
    expect(text).toMatch(/dockpass_jwt_logins_total\{outcome="accepted"\} [1-9]/);
    expect(text).not.toContain('acme');
  });
});

describe('without a trust rule', () => {
  test('a JWT is a password like any other, and there is no token exchange', async () => {
    const { ci } = await startFederatedServer();
    const server = await startIssuer();
    const jwt = await ci.sign(jobClaims);
    const answer = await server.get(privateHost).set('Authorization', basic('ci', jwt));
    expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
    const exchange = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: jwt,
    });
    const exchanged = await server.post(privateHost, exchange.toString());
    expect(exchanged.body).toMatchObject({ error: 'unsupported_grant_type' });
  });
});

describe('many logins', () => {
  test('rejected JWTs count against their address, and never against a user or a right JWT', async () => {
    const federated = await startFederatedServer();
    await federated.server.addUser('alice', 'correct horse battery');
    const from = (address: string, user: string, password: string) =>
      federated.server
        .get(privateHost)
        .set({ 'X-Forwarded-For': address, Authorization: basic(user, password) })
        .then(({ status }) => status);
    const wrong = await Promise.all(
      Array.from({ length: 61 }, (_, at) => federated.ci.sign({ ...jobClaims, repository_id: `1${at}` })),
    );
    const statuses = [];
    for (const jwt of wrong) statuses.push(await from('192.0.2.1', 'alice', jwt));
    expect(statuses).toEqual([...Array.from({ length: 60 }, () => 401), 429]);
    expect(await from('192.0.2.1', 'bob', 'any password')).toBe(429);
    expect(await from('192.0.2.2', 'alice', 'correct horse battery')).toBe(200);
    expect(await from('192.0.2.1', 'ci', await federated.ci.sign(jobClaims))).toBe(200);
  });

  test('pods that start at once with the same JWT cost one verification', async () => {
    const federated = await startFederatedServer();
    const jwt = await federated.ci.sign(jobClaims);
    const signatures = countSignatures();
    const pod = async (): Promise<number> => {
      const answer = await fetch(`${federated.server.url}/auth/token?${app}`, {
        headers: { authorization: basic('ci', jwt) },
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    const statuses = await Promise.all(Array.from({ length: 500 }, pod));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(signatures()).toBe(1);
    expect(federated.ci.requestCounts).toEqual({ discovery: 1, jwks: 1 });
  });
});

describe('a change of the trust rules', () => {
  test('counts with the next login', async () => {
    const federated = await startFederatedServer();
    const jwt = await federated.ci.sign(jobClaims);
    const granted = async () => grantedIn(await federated.login(jwt, { query: app }));
    expect(await granted()).toBe('ci:acme-app acme/app/web:pull,push');
    await federated.useRules([ruleOf(federated.ci, { only: ['acme/app/**:pull'] })]);
    expect(await granted()).toBe('ci:acme-app acme/app/web:pull');
    await federated.useRules([ruleOf(federated.ci, { name: 'renamed' })]);
    expect(await granted()).toBe('ci:renamed acme/app/web:pull,push');
    await federated.useRules([ruleOf(federated.ci, { when: { repository_id: '43' } })]);
    expect(refusalIn(await federated.login(jwt))).toBe('jwt_rejected');
    await federated.useRules([]);
    expect(refusalIn(await federated.login(jwt))).toBe('wrong_credentials');
  });
});
