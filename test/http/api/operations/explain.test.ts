import { beforeAll, describe, expect, test } from 'vitest';
import { apiMethods, type ApiMethods } from '../../../support/api/methods.ts';
import {
  privateHost,
  publicHost,
  startIssuer,
  type ErrorBody,
  type TestIssuer,
} from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;
let api: ApiMethods;

beforeAll(async () => {
  issuer = await startIssuer({
    policy: [{ deny: ['push'], to: ['everyone'], on: ['prod/**'], from: ['10.0.0.0/8'] }],
  });
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  api = apiMethods(issuer, 'root-1', password);
});

describe('explanations in the API', () => {
  test('explains a request, with the address that rules depend on', async () => {
    const question = { host: privateHost, user: 'Alice', scopes: ['repository:prod/web:pull,push'] };
    const answer = await api.post('/explain', question);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      realm: { kind: 'private', host: privateHost, because: 'not a public domain' },
      who: { kind: 'user', name: 'alice', through: 'password' },
      scopes: [
        { scope: 'repository:prod/web:pull,push', actions: ['pull', 'push'], missing: [], reason: 'role' },
      ],
      token: { access: [{ type: 'repository', name: 'prod/web', actions: ['pull', 'push'] }] },
    });
    const near = await api.post('/explain', { ...question, address: '10.1.2.3' });
    expect(near.body).toMatchObject({
      scopes: [
        {
          actions: ['pull'],
          missing: ['push'],
          by: expect.arrayContaining([expect.stringContaining('rule 1: deny push')]) as string[],
        },
      ],
    });
  });

  test('explains a request without a login under both kinds of domains', async () => {
    const scopes = ['repository:team/app:pull'];
    const open = await api.post('/explain', { host: publicHost, scopes });
    expect(open.body).toMatchObject({ realm: { kind: 'public' }, scopes: [{ actions: ['pull'] }] });
    const closed = await api.post('/explain', { host: privateHost, scopes });
    expect(closed.body).toMatchObject({ scopes: [], refusal: { code: 'login_required' } });
  });

  test('explains a denial by the id in the error of docker', async () => {
    const denied = await issuer
      .get(privateHost, 'scope=repository:a:pull')
      .auth('alice', 'wrong horse battery');
    const message = (denied.body as ErrorBody).errors[0]?.message ?? '';
    const id = /\(refusal ([0-9a-z]{12})\)$/.exec(message)?.[1] ?? '';
    // The audit log is written in groups, about once a second.
    await expect.poll(async () => (await api.get(`/explain/${id}`)).status, { timeout: 5000 }).toBe(200);
    const answer = await api.get(`/explain/${id.toUpperCase()}`);
    expect(answer.body).toMatchObject({
      items: [
        {
          name: 'alice',
          event: { id, outcome: 'refused', reason: 'wrong_credentials' },
          line: expect.stringContaining('claimed name alice') as string,
          meaning: expect.arrayContaining([
            expect.stringContaining('alice exists and is not disabled'),
          ]) as string[],
        },
      ],
    });
  });

  test('answers 404 for what does not exist', async () => {
    const event = await api.get('/explain/000000000000');
    expect([event.status, event.body]).toEqual([404, expect.objectContaining({ code: 'no_such_event' })]);
    const scopes = ['repository:a:pull'];
    const user = await api.post('/explain', { host: privateHost, user: 'nobody-1', scopes });
    expect([user.status, user.body]).toEqual([404, expect.objectContaining({ code: 'no_such_user' })]);
    const token = await api.post('/explain', { host: privateHost, user: 'alice', token: 'none', scopes });
    expect([token.status, token.body]).toEqual([404, expect.objectContaining({ code: 'no_such_token' })]);
  });

  test('explains a malformed scope as the client would get it', async () => {
    const answer = await api.post('/explain', { host: privateHost, user: 'alice', scopes: ['nonsense'] });
    expect(answer.body).toMatchObject({ refusal: { code: 'bad_scope' } });
  });

  test.each([
    [{ scopes: ['repository:a:pull'] }, '/host'],
    [{ host: 'a b', scopes: ['repository:a:pull'] }, '/host'],
    [{ host: privateHost }, '/scopes'],
    [{ host: privateHost, scopes: [] }, '/scopes'],
    [{ host: privateHost, scopes: [1] }, '/scopes/0'],
    [{ host: privateHost, scopes: ['repository:a:pull'], address: '10.0.0.0/8' }, '/address'],
    [{ host: privateHost, scopes: ['repository:a:pull'], password: 'x' }, '/password'],
  ])('rejects %j with a pointer', async (body, pointer) => {
    const answer = await api.post('/explain', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'bad_request', errors: [{ pointer }] });
  });

  test('is for administrators only', async () => {
    const alice = apiMethods(issuer, 'alice', password);
    expect((await alice.post('/explain', { host: privateHost, scopes: ['repository:a:pull'] })).status).toBe(
      403,
    );
    expect((await alice.get('/explain/000000000000')).status).toBe(403);
  });
});
