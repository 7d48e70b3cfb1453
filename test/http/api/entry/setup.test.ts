import { beforeEach, describe, expect, test } from 'vitest';
import { createSetupCode } from '../../../../src/admin/entry/setup.ts';
import { callApi, openBrowser, problemIn } from '../../../support/dockpass/console.ts';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
const day = 24 * 60 * 60;
let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startIssuer();
});

/** Does what a start of the server does, and returns the code of the printed link. */
async function start(htpasswd: string | null = null): Promise<string | undefined> {
  return (await createSetupCode(issuer.server.store, issuer.clock, htpasswd))?.reveal();
}

const setUp = (code: string, name = 'root-1', headers: Readonly<Record<string, string>> = {}) =>
  callApi(issuer, 'post', '/setup', headers).send({ code, name, password });

const admins = async (): Promise<string[]> =>
  (await issuer.server.store.users.list()).filter(({ role }) => role === 'admin').map(({ name }) => name);

describe('the setup link', () => {
  test('creates the first administrator, who can then sign in', async () => {
    const code = (await start()) ?? '';
    expect(code).toMatch(/^[A-Za-z0-9._~-]{16,}$/);
    const answer = await setUp(code, 'Root-1');
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ name: 'root-1', role: 'admin' });
    expect(answer.headers['location']).toBe('/auth/api/v1/users/root-1');
    const browser = openBrowser(issuer);
    expect((await browser.signIn('root-1', password)).status).toBe(201);
    expect((await browser.send('get', '/users')).status).toBe(200);
    expect(await start()).toBeUndefined();
  });

  test('is stored only as a hash', async () => {
    const code = (await start()) ?? '';
    const facts = [...(await issuer.server.store.facts.read()).values()].join();
    expect(facts).not.toContain(code);
  });

  test('is in the audit log, with the address', async () => {
    await setUp((await start()) ?? '');
    const rows = await issuer.server.store.auditLog.list({});
    expect(rows.find(({ subject }) => subject === 'root-1')).toMatchObject({
      reason: 'user root-1 added as admin with the setup link',
      client: 'console: setup link',
      address: '127.0.0.1',
    });
  });

  test.each([
    ['a name that is not allowed', { name: '../x', password }, '400 bad_name'],
    ['a short password', { name: 'root-1', password: 'short' }, '400 bad_password'],
    ['a name that another user has', { name: 'alice', password }, '409 already_exists'],
    ['an unknown member', { name: 'root-1', password, role: 'admin' }, '400 bad_request'],
  ])('is not used up by %s', async (_what, body, problem) => {
    await issuer.addUser('alice', password);
    const code = (await start()) ?? '';
    expect(problemIn(await callApi(issuer, 'post', '/setup').send({ code, ...body }))).toBe(problem);
    expect((await setUp(code)).status).toBe(201);
  });

  test('is not printed if there is an enabled administrator or an htpasswd file', async () => {
    expect(await start('/etc/dockpass/htpasswd')).toBeUndefined();
    await issuer.addUser('root-1', password, 'admin');
    expect(await start()).toBeUndefined();
    await issuer.server.store.users.update('root-1', { disabled: true, changedAt: 1 });
    expect(await start()).toBeDefined();
  });
});

describe('attack 133: the setup link', () => {
  test('works once', async () => {
    const code = (await start()) ?? '';
    expect((await setUp(code)).status).toBe(201);
    expect(problemIn(await setUp(code, 'root-2'))).toBe('403 forbidden');
    expect(await admins()).toEqual(['root-1']);
  });

  test('works for one of many requests at once', async () => {
    const code = (await start()) ?? '';
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => setUp(code, `root-${index}`).then(({ status }) => status)),
    );
    expect(answers.filter((status) => status === 201)).toHaveLength(1);
    expect(await admins()).toHaveLength(1);
  });

  test('ends after 24 hours', async () => {
    const code = (await start()) ?? '';
    issuer.clock.advance(day);
    expect(problemIn(await setUp(code))).toBe('403 forbidden');
    expect(await admins()).toEqual([]);
  });

  test('ends when dockpass starts again', async () => {
    const [first, second] = [(await start()) ?? '', (await start()) ?? ''];
    expect(problemIn(await setUp(first))).toBe('403 forbidden');
    expect((await setUp(second)).status).toBe(201);
  });

  test('ends when an administrator is created in another way', async () => {
    const code = (await start()) ?? '';
    await issuer.addUser('boss', password, 'admin');
    expect(problemIn(await setUp(code))).toBe('403 forbidden');
    expect(await admins()).toEqual(['boss']);
  });

  test('is protected from trial: wrong codes are limited like wrong passwords', async () => {
    const code = (await start()) ?? '';
    const problems = new Set<string>();
    for (let guess = 0; guess < 30; guess++) problems.add(problemIn(await setUp(`guess-number-${guess}`)));
    expect([...problems]).toEqual(['403 forbidden', '429 too_many_attempts']);
    // The limit concerns the address of the attacker. An attempt from elsewhere goes on.
    const elsewhere = await setUp(code, 'root-1', { 'X-Forwarded-For': '203.0.113.9' });
    expect([201, 429]).toContain(elsewhere.status);
    issuer.clock.advance(15 * 60);
    if (elsewhere.status !== 201) expect((await setUp(code)).status).toBe(201);
    expect(await admins()).toEqual(['root-1']);
  });

  test('does not work without a printed link, nor under a public domain, nor from another site', async () => {
    for (const code of ['', 'undefined', 'null', 'A'.repeat(24)])
      expect((await setUp(code)).status).toBeOneOf([400, 403]);
    const code = (await start()) ?? '';
    expect(problemIn(await setUp(code, 'root-1', { Host: publicHost }))).toBe('404 not_found');
    expect(problemIn(await setUp(code, 'root-1', { 'Sec-Fetch-Site': 'cross-site' }))).toBe('403 cross_site');
    expect(await admins()).toEqual([]);
    expect((await setUp(code, 'root-1', { Host: privateHost })).status).toBe(201);
  });

  test('is in no answer and in no line of the log', async () => {
    const code = (await start()) ?? '';
    const answers = [await setUp(code, '../x'), await setUp(code), await setUp(code)];
    expect(JSON.stringify(answers.map(({ body, headers }) => [body as unknown, headers]))).not.toContain(
      code,
    );
    expect(issuer.logged.join('\n')).not.toContain(code);
  });
});
