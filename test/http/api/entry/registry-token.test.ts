import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { addGrant } from '../../../../src/admin/rights/grants.ts';
import { callApi, openBrowser, problemIn, type TestBrowser } from '../../../support/dockpass/console.ts';
import { startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;
let browser: TestBrowser;

beforeAll(async () => {
  issuer = await startIssuer({ catalog: 'admins' });
  await issuer.addUser('alice', password, 'none');
  await issuer.addUser('root-1', password, 'admin');
  await addGrant(issuer.server.store, issuer.clock, {
    subject: 'alice',
    pattern: 'team/**',
    actions: ['pull'],
  });
  browser = openBrowser(issuer);
  await browser.signIn('alice', password);
});

interface Claims {
  readonly sub: string;
  readonly exp: number;
  readonly access: readonly { readonly name: string; readonly actions: readonly string[] }[];
}

const claimsOf = (body: unknown): Claims => decodeJwt<Claims>((body as { token: string }).token);

describe('a registry token for the console', () => {
  test('lasts 5 minutes and has exactly the rights of the person', async () => {
    const scopes = [
      'repository:team/app:pull,push,delete',
      'repository:other/app:pull',
      'registry:catalog:*',
    ];
    const answer = await browser.send('post', '/session/registry-token', { scopes });
    expect(answer.status).toBe(200);
    const { sub, exp, access } = claimsOf(answer.body);
    expect([sub, exp - issuer.clock() / 1000]).toEqual(['alice', 300]);
    expect(access.filter(({ actions }) => actions.length > 0)).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull'] },
    ]);
    expect(answer.body).toMatchObject({ expiresIn: 300, granted: ['repository:team/app:pull'] });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('lasts 5 minutes also if it allows more than pulls', async () => {
    const admin = openBrowser(issuer);
    await admin.signIn('root-1', password);
    const { body } = await admin.send('post', '/session/registry-token', {
      scopes: ['repository:a:pull,delete'],
    });
    expect(claimsOf(body).exp - issuer.clock() / 1000).toBe(300);
    expect(claimsOf(body).access).toMatchObject([{ name: 'a', actions: ['pull', 'delete'] }]);
  });

  test('is in the audit log like other tokens', async () => {
    await browser.send('post', '/session/registry-token', { scopes: ['repository:team/audited:pull'] });
    await expect
      .poll(async () =>
        (await issuer.server.store.auditLog.list({})).find(({ asked }) => asked.includes('audited')),
      )
      .toMatchObject({
        outcome: 'issued',
        subject: 'alice',
        client: 'console',
        granted: 'repository:team/audited:pull',
      });
  });

  test('is not issued to a program, nor for a scope that is none', async () => {
    const program = callApi(issuer, 'post', '/session/registry-token').auth('alice', password);
    expect(problemIn(await program.send({ scopes: ['repository:team/app:pull'] }))).toBe('403 forbidden');
    const wrong = await browser.send('post', '/session/registry-token', { scopes: ['repository'] });
    expect(problemIn(wrong)).toBe('400 bad_scope');
    const anonymous = callApi(issuer, 'post', '/session/registry-token').send({ scopes: [] });
    expect(problemIn(await anonymous)).toBe('401 login_required');
  });
});
