import { beforeEach, describe, expect, test } from 'vitest';
import { disableUser, removeUser, setPassword } from '../../../../src/admin/users.ts';
import { Secret } from '../../../../src/secret.ts';
import { callApi, openBrowser, problemIn, type TestBrowser } from '../../../support/dockpass/console.ts';
import { publicHost, startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
const hour = 60 * 60;
let issuer: TestIssuer;
let browser: TestBrowser;

beforeEach(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  browser = openBrowser(issuer);
});

const me = async (of = browser): Promise<number> => (await of.send('get', '/me')).status;

describe('signing in to the console', () => {
  test('answers with the session and a cookie that only this host gets', async () => {
    const answer = await browser.signIn('Alice', password);
    expect(answer.status).toBe(201);
    const { id } = answer.body as { id: string };
    expect(answer.body).toMatchObject({ user: 'alice', client: 'console', host: 'registry.example.com' });
    expect(answer.headers['location']).toBe(`/auth/api/v1/sessions/${id}`);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-dockpass=[\w-]{43}; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect((await browser.send('get', '/me')).body).toMatchObject({ name: 'alice', role: 'writer' });
  });

  test('stores only a hash of the cookie', async () => {
    await browser.signIn('alice', password);
    const [stored] = await issuer.server.store.consoleSessions.list();
    const secret = browser.cookie().split('=')[1] ?? '';
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  test.each([
    ['a wrong password', 'alice', 'wrong horse battery'],
    ['an unknown name', 'mallory', password],
  ])('fails with %s', async (_what, name, wrong) => {
    const answer = await browser.signIn(name, wrong);
    expect(problemIn(answer)).toBe('401 wrong_credentials');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  test('fails with an access token in place of the password', async () => {
    const token = await issuer.addAccessToken('alice', { api: true });
    expect(problemIn(await browser.signIn('alice', token))).toBe('401 wrong_credentials');
  });

  test('has the rate limit of the token endpoint', async () => {
    for (let wrong = 0; wrong < 30; wrong++)
      await issuer.get('registry.example.com').auth('alice', `wrong ${wrong}`);
    const answer = await browser.signIn('alice', password);
    expect(problemIn(answer)).toBe('429 too_many_attempts');
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  });

  test('does not exist under a public domain', async () => {
    const answer = await callApi(issuer, 'post', '/session', { Host: publicHost }).send({
      name: 'alice',
      password,
    });
    expect(problemIn(answer)).toBe('404 not_found');
  });

  test.each([
    ['without a password', { name: 'alice' }, '/password'],
    ['with an unknown member', { name: 'alice', password, role: 'admin' }, '/role'],
    ['with a list as the name', { name: ['alice'], password }, '/name'],
    ['with a password that is too long', { name: 'alice', password: 'x'.repeat(5000) }, '/password'],
  ])('is rejected with a pointer %s', async (_what, body, pointer) => {
    const answer = await browser.send('post', '/session', body);
    expect(problemIn(answer)).toBe('400 bad_request');
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });

  test('is in the audit log, with the address and the console as the client', async () => {
    await browser.signIn('alice', password);
    await browser.send('delete', '/session');
    const rows = (await issuer.server.store.auditLog.list({})).filter(({ subject }) => subject === 'alice');
    expect(rows.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^session \w+ of alice began in the console$/),
      expect.stringMatching(/^session \w+ of alice ended: signed out of the console$/),
    ]);
    for (const row of rows) expect(row).toMatchObject({ client: 'console: alice', address: '127.0.0.1' });
  });
});

describe('a session of the console ends', () => {
  beforeEach(async () => void (await browser.signIn('alice', password)));

  test('12 hours after the last request of the person', async () => {
    issuer.clock.advance(12 * hour - 1);
    expect(await me()).toBe(200);
    issuer.clock.advance(12 * hour - 1);
    expect(await me()).toBe(200);
    issuer.clock.advance(12 * hour);
    expect(await me()).toBe(401);
  });

  test('also if the page goes on sending requests by itself', async () => {
    for (let hours = 0; hours < 11; hours++) {
      issuer.clock.advance(hour);
      const polled = await browser.send('get', '/me', undefined, { 'Dockpass-Background': 'true' });
      expect(polled.status).toBe(200);
    }
    issuer.clock.advance(hour);
    expect(await me()).toBe(401);
  });

  test('7 days after the sign-in in any case', async () => {
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      issuer.clock.advance(8 * hour);
      expect(await me()).toBe(200);
    }
    issuer.clock.advance(8 * hour);
    expect(await me()).toBe(401);
  });

  test('when the person signs out, and then the cookie is removed', async () => {
    const { cookie } = browser;
    const before = cookie();
    const answer = await browser.send('delete', '/session');
    expect(answer.status).toBe(204);
    expect(answer.headers['set-cookie']).toEqual([expect.stringContaining('__Host-dockpass=; Max-Age=0')]);
    expect((await callApi(issuer, 'get', '/me', { Cookie: before })).status).toBe(401);
  });

  test('when the password is changed', async () => {
    const newPassword = { password: new Secret('another horse battery'), minLength: 15 };
    await setPassword(issuer.server.store, issuer.clock, 'alice', newPassword);
    expect(await me()).toBe(401);
  });

  test('when the user is disabled, and does not begin again when the user is enabled', async () => {
    await disableUser(issuer.server.store, issuer.clock, 'alice');
    expect(await me()).toBe(401);
    await issuer.server.store.users.update('alice', { disabled: false, changedAt: 1 });
    expect(await me()).toBe(401);
  });

  test('when the user is removed, also for a new user with the same name', async () => {
    await removeUser(issuer.server.store, issuer.clock, 'alice');
    await issuer.addUser('alice', password, 'admin');
    expect(await me()).toBe(401);
  });

  test('when the person ends it in another browser, or an administrator ends it', async () => {
    const [other, admin] = [openBrowser(issuer), openBrowser(issuer)];
    const { id } = (await other.signIn('alice', password)).body as { id: string };
    await admin.signIn('root-1', password);
    expect((await browser.send('delete', `/sessions/${id}`)).status).toBe(204);
    expect([await me(other), await me()]).toEqual([401, 200]);
    const { items } = (await admin.send('get', '/sessions?user=alice')).body as { items: { id: string }[] };
    expect(items).toHaveLength(1);
    expect((await admin.send('delete', `/sessions/${items[0]?.id ?? ''}`)).status).toBe(204);
    expect(await me()).toBe(401);
  });

  test('at another host name of the same server', async () => {
    const answer = await callApi(issuer, 'get', '/me', {
      Host: 'other.example.com',
      Cookie: browser.cookie(),
    });
    expect(answer.status).toBe(401);
  });
});

describe('rights in the console', () => {
  test('are those of today, not those at the sign-in', async () => {
    await browser.signIn('root-1', password);
    expect((await browser.send('get', '/users')).status).toBe(200);
    await issuer.server.store.users.update('root-1', { role: 'none', changedAt: 1 });
    expect(problemIn(await browser.send('get', '/users'))).toBe('403 forbidden');
  });
});

describe('attack 131: a page of another site', () => {
  test.each(['cross-site', 'same-site', 'none'])(
    'cannot sign a person in (Sec-Fetch-Site: %s)',
    async (site) => {
      const answer = await callApi(issuer, 'post', '/session', { 'Sec-Fetch-Site': site }).send({
        name: 'alice',
        password,
      });
      expect(problemIn(answer)).toBe('403 cross_site');
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  test('cannot sign a person in with a form', async () => {
    const answer = await callApi(issuer, 'post', '/session')
      .type('form')
      .send(`name=alice&password=${encodeURIComponent(password)}`);
    expect(problemIn(answer)).toBe('415 unsupported_media_type');
  });

  test('cannot choose the session: a sign-in makes a new secret, and ends the session of the old cookie', async () => {
    const fixed = `__Host-dockpass=${'A'.repeat(43)}`;
    const answer = await callApi(issuer, 'post', '/session', { Cookie: fixed }).send({
      name: 'alice',
      password,
    });
    expect(answer.status).toBe(201);
    expect((await callApi(issuer, 'get', '/me', { Cookie: fixed })).status).toBe(401);
    await browser.signIn('alice', password);
    const before = browser.cookie();
    await browser.signIn('root-1', password);
    expect(browser.cookie()).not.toBe(before);
    expect((await callApi(issuer, 'get', '/me', { Cookie: before })).status).toBe(401);
  });

  test('cannot show the answers of the API in a frame', async () => {
    await browser.signIn('alice', password);
    const { headers } = await browser.send('get', '/me');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
