import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JwtTest } from '../../../src/admin/trust/test-jwt.ts';
import type { TrustRuleView } from '../../../src/admin/views/trust-view.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import {
  accessIn,
  privateHost,
  publicHost,
  startIssuer,
  type TestIssuer,
} from '../../support/dockpass/issuer.ts';
import { apiMethods, type ApiMethods } from '../../support/api/methods.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { startTrustIssuer, type TrustIssuer } from '../../support/trust/issuer.ts';

// Trust rules in the database from end to end: the API adds and confirms them, and jobs log in with JWTs.

const password = 'correct horse battery';
let platform: TrustIssuer;
let issuer: TestIssuer;
let api: ApiMethods;

beforeAll(async () => {
  platform = await startTrustIssuer();
  issuer = await startIssuer(settings(), Date.now());
  await issuer.addUser('root-1', password, 'admin');
  api = apiMethods(issuer, 'root-1', password);
});
beforeEach(async () => {
  const { trustRules } = issuer.server.store;
  for (const { name } of await trustRules.list()) await trustRules.remove(name);
});

/** The file names the issuer, so that rules in the database can name it too, although it is on this machine. */
const settings = () => ({
  up: { privateDomains: [privateHost] },
  trust: [{ name: 'in-file', issuer: platform.issuer, when: { project_id: '99' }, only: ['base/**:pull'] }],
});

const claims = {
  project_path: 'acme/app',
  project_id: '7',
  namespace_id: '65',
  ref: 'main',
  user_login: 'alice',
};
const newRule = () => ({
  ...{ name: 'acme-app', issuer: platform.issuer, only: ['acme/app/**:pull,push'] },
  when: { project_path: 'acme/app', ref: ['main'] },
});
const pin = ['project_id', 'namespace_id'];

function login(jwt: string, host = privateHost) {
  return issuer.get(host, 'scope=repository:acme/app/web:pull,push').auth('any', jwt);
}

async function ruleNamed(name: string): Promise<TrustRuleView> {
  const answer = await api.get(`/trust/${name}`);
  expect(answer.status).toBe(200);
  return answer.body as TrustRuleView;
}

/** Waits for the candidate, because it is recorded after the answer to the job. */
async function untilCandidate(): Promise<TrustRuleView> {
  await expect.poll(async () => (await ruleNamed('acme-app')).candidate, { timeout: 5000 }).not.toBeNull();
  return ruleNamed('acme-app');
}

describe('a rule that waits', () => {
  test('rejects its first JWT, shows the ids, and grants access after the confirmation', async () => {
    const added = await api.post('/trust', { ...newRule(), pin });
    expect(added.status).toBe(201);
    expect(added.headers['location']).toBe('/auth/api/v1/trust/acme-app');
    expect(added.body).toMatchObject({ origin: 'database', isPending: true, pin, candidate: null });
    expect((await api.post('/trust/acme-app/confirm')).body).toMatchObject({ code: 'nothing_to_confirm' });

    const jwt = await platform.sign(claims);
    expect((await login(jwt)).status).toBe(401);
    expect((await untilCandidate()).candidate).toMatchObject({
      claims: { project_id: '7', namespace_id: '65', user_login: 'alice' },
      address: '127.0.0.1',
    });
    const confirmed = await api.post('/trust/acme-app/confirm');
    expect(confirmed.body).toMatchObject({
      ...{ isPending: false, pin: [], candidate: null },
      when: { project_path: ['acme/app'], project_id: ['7'], namespace_id: ['65'] },
    });
    const answer = await login(jwt);
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual([
      { type: 'repository', name: 'acme/app/web', actions: ['pull', 'push'] },
    ]);
    // Another project that gets the same name later.
    expect((await login(await platform.sign({ ...claims, project_id: '8' }))).status).toBe(401);
  });

  test('keeps its first JWT, and warns of one with other ids', async () => {
    await api.post('/trust', { ...newRule(), pin });
    await login(await platform.sign(claims));
    await untilCandidate();
    await login(await platform.sign({ ...claims, project_id: '8' }));
    await expect
      .poll(async () => (await ruleNamed('acme-app')).warnings, { timeout: 5000 })
      .toEqual(expect.arrayContaining([expect.stringContaining('project_id 8')]));
    expect((await ruleNamed('acme-app')).candidate).toMatchObject({ claims: { project_id: '7' } });
  });

  test('is confirmed only if it is as it was read, with If-Match', async () => {
    await api.post('/trust', { ...newRule(), pin });
    const before = (await api.get('/trust/acme-app')).headers['etag'] as string;
    await login(await platform.sign(claims));
    await untilCandidate();
    const stale = await api.post('/trust/acme-app/confirm').set('If-Match', before);
    expect(stale.body).toMatchObject({ code: 'precondition_failed' });
    const now = (await api.get('/trust/acme-app')).headers['etag'] as string;
    expect((await api.post('/trust/acme-app/confirm').set('If-Match', now)).status).toBe(200);
  });
});

test('a rule without pins counts at once, and its jobs are denied when it is removed', async () => {
  const jwt = await platform.sign(claims);
  expect((await login(jwt)).status).toBe(401);
  await api.post('/trust', newRule());
  expect((await login(jwt)).status).toBe(200);
  expect((await api.delete('/trust/acme-app')).status).toBe(204);
  expect((await login(jwt)).status).toBe(401);
});

test('a removed rule ends the sessions of its jobs', async () => {
  await api.post('/trust', newRule());
  const form = `grant_type=password&username=ci&password=${await platform.sign(claims)}&service=registry&access_type=offline&client_id=docker`;
  const { refresh_token: token } = (await issuer.post(privateHost, form)).body as { refresh_token: string };
  const resume = () =>
    issuer.post(
      privateHost,
      `grant_type=refresh_token&refresh_token=${token}&service=registry&client_id=docker`,
    );
  expect((await resume()).status).toBe(200);
  await api.delete('/trust/acme-app');
  expect((await resume()).status).toBe(401);
  expect(await issuer.server.store.federatedSessions.countOf('acme-app')).toBe(0);
});

describe('the test of a JWT', () => {
  const testOf = async (jwt: string, host?: string): Promise<JwtTest> => {
    const answer = await api.post('/trust/test', { jwt, ...(host !== undefined && { host }) });
    expect(answer.status).toBe(200);
    return answer.body as JwtTest;
  };

  test('names the rule, its rights and the domains', async () => {
    await api.post('/trust', newRule());
    expect(await testOf(await platform.sign(claims))).toMatchObject({
      ...{
        verdict: 'accepted',
        rule: 'acme-app',
        problem: null,
        detail: null,
        results: [],
        isVerified: true,
      },
      rights: ['acme/app/**:pull,push'],
      hosts: [{ host: privateHost, realm: 'private' }],
      claims,
    });
    expect(await testOf(await platform.sign(claims), publicHost)).toMatchObject({
      verdict: 'accepted',
      hosts: [{ host: publicHost, realm: 'public' }],
    });
  });

  test('names for each rule what does not match', async () => {
    await api.post('/trust', newRule());
    const result = await testOf(await platform.sign({ ...claims, ref: 'feature' }));
    expect(result).toMatchObject({
      verdict: 'denied',
      rule: null,
      problem: 'no rule matches',
      isVerified: true,
    });
    expect(result.results).toMatchObject([
      { rule: 'in-file', kind: 'claim', claim: 'project_id', expected: ['99'], actual: '"7"' },
      { rule: 'acme-app', kind: 'claim', claim: 'ref', expected: ['main'], actual: '"feature"' },
    ]);
    expect(result.results[1]?.text).toBe('acme-app: the claim ref is "feature", but must be "main"');
  });

  test('says that a JWT has expired, and what would match', async () => {
    await api.post('/trust', newRule());
    const past = Math.floor(issuer.clock() / 1000) - 3600;
    const result = await testOf(await platform.sign({ ...claims, iat: past - 300, exp: past }));
    expect(result).toMatchObject({
      verdict: 'denied',
      rule: 'acme-app',
      problem: 'expired',
      isVerified: true,
    });
    expect(result.claims).toMatchObject(claims);
  });

  test('says that a rule waits', async () => {
    await api.post('/trust', { ...newRule(), pin });
    expect(await testOf(await platform.sign(claims))).toMatchObject({
      ...{ verdict: 'denied', rule: 'acme-app', problem: 'waits for confirmation' },
      detail: expect.stringContaining('dockpass trust confirm acme-app') as unknown,
    });
  });

  test('marks claims that no key has signed', async () => {
    await api.post('/trust', newRule());
    const jwt = await platform.sign(claims);
    const forged = `${jwt.slice(0, jwt.lastIndexOf('.'))}.${'A'.repeat(86)}`;
    expect(await testOf(forged)).toMatchObject({
      ...{ verdict: 'denied', rule: 'acme-app', problem: 'signature', isVerified: false, claims },
    });
    expect(await testOf('no.jwt.x')).toMatchObject({ problem: 'malformed', claims: null, isVerified: false });
    expect((await api.post('/trust/test', { jwt: 'no JWT' })).body).toMatchObject({ code: 'bad_request' });
  });

  test('leaves the JWT in no log, audit row or stored answer', async () => {
    const jwt = await platform.sign(claims);
    const keyed = { 'Idempotency-Key': 'once' };
    for (let count = 0; count < 2; count++) await api.post('/trust/test', { jwt }).set(keyed);
    const question = { jwt, host: privateHost, scopes: ['repository:acme/app/web:push'] };
    await api.post('/explain', question).set({ 'Idempotency-Key': 'twice' });
    await login(jwt);
    const { store } = issuer.server;
    const [, payload = ''] = jwt.split('.');
    const stored = [
      ...(await store.auditLog.list({})),
      await store.idempotencyKeys.find('user root-1', 'once'),
      await store.idempotencyKeys.find('user root-1', 'twice'),
    ];
    expect(JSON.stringify(stored) + issuer.logged.join('\n')).not.toContain(payload);
  });
});

test('explain says what a job gets, and why a JWT gives no login', async () => {
  await api.post('/trust', newRule());
  const question = { host: privateHost, scopes: ['repository:acme/app/web:pull,push', 'repository:x:pull'] };
  const answer = await api.post('/explain', { ...question, jwt: await platform.sign(claims) });
  expect(answer.body).toMatchObject({
    who: { kind: 'ci', name: 'ci:acme-app', through: 'JWT' },
    scopes: [
      { actions: ['pull', 'push'], by: ['trust rule acme-app: pull, push on acme/app/**'] },
      { actions: [], missing: ['pull'] },
    ],
  });
  const denied = await api.post('/explain', { ...question, jwt: await platform.sign({ ref: 'x' }) });
  expect(denied.body).toMatchObject({
    who: {
      kind: 'ci',
      name: '',
      through: expect.stringMatching(
        /^no login: .*acme-app: the claim ref is "x", but must be "main"/,
      ) as unknown,
    },
    refusal: { code: 'jwt_rejected' },
  });
  const both = await api.post('/explain', { ...question, jwt: await platform.sign(claims), user: 'root-1' });
  expect(both.body).toMatchObject({ code: 'bad_usage' });
});

describe('a name in the file and in the database', () => {
  test('is an error of a reload, and the configuration before stays in force', async () => {
    const { server, logged } = await startIssuer(settings());
    const { name, ...definition } = newRule();
    const row = { name, definition, pins: [], candidate: null, createdAt: 1 };
    await server.store.trustRules.add(row);
    const load = (names: readonly string[]) => async () =>
      configIn(await temporaryDirectory('reload'), {
        ...{ ...settings(), publicDomains: [publicHost] },
        trust: names.map((each) => ({ ...newRule(), name: each })),
      });
    expect(await server.reload(load([name]))).toBeUndefined();
    expect(logged.join('\n')).toContain('acme-app is in the configuration file and in the database');
    expect(await server.reload(load(['other']))).toBeDefined();
  });

  test('stops the start of a server, which names the fix', async () => {
    await api.post('/trust', newRule());
    const start = startIssuer({
      ...{ database: issuer.config.database, up: { privateDomains: [privateHost] } },
      trust: [newRule()],
    });
    await expect(start).rejects.toMatchObject({
      code: 'bad_configuration',
      message: expect.stringContaining('dockpass trust remove acme-app') as unknown,
    });
  });

  test('is an error when a rule is added, and rules of the file do not change', async () => {
    expect((await api.post('/trust', { ...newRule(), name: 'in-file' })).body).toMatchObject({
      code: 'already_exists',
    });
    for (const answer of [await api.delete('/trust/in-file'), await api.post('/trust/in-file/confirm')])
      expect([answer.status, answer.body]).toEqual([409, expect.objectContaining({ code: 'rule_in_file' })]);
  });
});

test('pages keep the order in which rules are tried, and a rule can have the name test', async () => {
  for (const name of ['zeta', 'test', 'alpha']) await api.post('/trust', { ...newRule(), name });
  const names: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const answer = await api.get(`/trust?limit=1${next === '' ? '' : `&cursor=${next}`}`);
    const page = answer.body as { items: TrustRuleView[]; next: string | null };
    names.push(...page.items.map(({ name }) => name));
    next = page.next;
  }
  expect(names).toEqual(['in-file', 'zeta', 'test', 'alpha']);
  expect((await api.get('/trust?q=et')).body).toMatchObject({ items: [{ name: 'zeta' }] });
  expect((await api.get('/trust/test')).body).toMatchObject({ name: 'test' });
  expect((await api.delete('/trust/test')).status).toBe(204);
  const wrong = await api.patch('/trust/test', {});
  expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'POST, GET, HEAD, DELETE']);
});
