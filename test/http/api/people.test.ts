import { beforeEach, describe, expect, test } from 'vitest';
import { administrator, apiClient, password } from '../../support/api/client.ts';
import { accessIn, privateHost, startIssuer, type TestIssuer } from '../../support/dockpass/issuer.ts';

let issuer: TestIssuer;
let send: ReturnType<typeof apiClient>;

beforeEach(async () => {
  issuer = await startIssuer();
  await issuer.addUser(administrator, password, 'admin');
  send = apiClient(issuer);
});

describe('users', () => {
  test('are added, shown, changed and removed', async () => {
    const created = await send('post', '/users').send({ name: 'Alice', role: 'reader', password });
    expect(created.status).toBe(201);
    expect(created.headers['location']).toBe('/auth/api/v1/users/alice');
    expect(created.body).toMatchObject({
      name: 'alice',
      role: 'reader',
      source: 'local',
      disabled: false,
      groups: [],
      rights: [{ pattern: '**', actions: ['pull'], from: 'by role' }],
    });
    expect(created.body).not.toHaveProperty('secret');
    const shown = await send('get', created.headers['location'] ?? '');
    expect(shown.body).toEqual(created.body);

    const changed = await send('patch', '/users/alice')
      .type('application/merge-patch+json')
      .send(JSON.stringify({ role: 'writer', disabled: true }));
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ role: 'writer', disabled: true, state: 'disabled' });

    expect((await send('delete', '/users/alice')).status).toBe(204);
    const gone = await send('get', '/users/alice');
    expect(gone.status).toBe(404);
    expect(gone.headers['content-type']).toBe('application/problem+json');
    expect(gone.body).toMatchObject({ code: 'no_such_user', status: 404, title: 'No such user' });
    expect((await send('delete', '/users/alice')).status).toBe(404);
  });

  test('get a generated password that works with the next request and is shown once', async () => {
    const created = await send('post', '/users').send({ name: 'bob', generate: true });
    const { secret, role } = created.body as { secret: string; role: string };
    expect(role).toBe('writer');
    expect(secret.length).toBeGreaterThanOrEqual(20);
    expect((await apiClient(issuer, 'bob', secret)('get', '/me')).status).toBe(200);
    expect((await send('get', '/users/bob')).body).not.toHaveProperty('secret');
  });

  test('that are disabled cannot log in with the next request', async () => {
    await send('post', '/users').send({ name: 'bob', password });
    const login = () => issuer.get(privateHost).auth('bob', password);
    expect((await login()).status).toBe(200);
    await send('patch', '/users/bob').send({ disabled: true });
    expect((await login()).status).toBe(401);
    await send('patch', '/users/bob').send({ disabled: false });
    expect((await login()).status).toBe(200);
  });

  test('do not change with an empty patch', async () => {
    await send('post', '/users').send({ name: 'bob', password });
    const rows = await issuer.server.store.auditLog.list({});
    const answer = await send('patch', '/users/bob').send({});
    expect(answer.status).toBe(200);
    expect(await issuer.server.store.auditLog.list({})).toEqual(rows);
    expect((await send('patch', '/users/nobody-1').send({})).status).toBe(404);
  });

  test('are unlocked', async () => {
    await send('post', '/users').send({ name: 'bob', password });
    expect((await send('delete', '/users/bob/lockout')).status).toBe(204);
    expect((await send('delete', '/users/carol/lockout')).body).toMatchObject({ code: 'no_such_user' });
  });

  test.each([
    [{ name: 'root-1', password }, 409, 'already_exists'],
    [{ name: 'a/b', password }, 400, 'bad_name'],
    [{ name: 'bob', password: 'short' }, 400, 'bad_password'],
    [{ name: 'bob' }, 400, 'bad_request'],
    [{ name: 'bob', password, generate: true }, 400, 'bad_request'],
    [{ name: 'bob', generate: false }, 400, 'bad_request'],
    [{ name: 'bob', password, role: 'owner' }, 400, 'bad_request'],
  ])('are not added from %j', async (body, status, code) => {
    const answer = await send('post', '/users').send(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, code });
    expect((await issuer.server.store.users.list()).map(({ name }) => name)).toEqual([administrator]);
  });

  test('are recorded with the actor and the address of each change', async () => {
    await send('post', '/users').send({ name: 'bob', password }).set('X-Forwarded-For', '192.0.2.7');
    const [row] = await issuer.server.store.auditLog.list({ subject: 'bob' });
    expect(row).toMatchObject({
      outcome: 'changed',
      reason: 'user bob added as writer',
      client: 'api: root-1',
      address: '192.0.2.7',
    });
  });
});

describe('groups and grants', () => {
  test('a grant to a group gives its members rights with the next request', async () => {
    await send('post', '/users').send({ name: 'bob', role: 'none', password });
    const group = await send('post', '/groups').send({ name: 'dev' });
    expect(group.status).toBe(201);
    expect(group.body).toMatchObject({ name: 'dev', members: [] });
    const joined = await send('put', '/groups/dev/members/bob');
    expect(joined.body).toMatchObject({ name: 'dev', members: ['bob'] });
    const grant = { subject: 'group:dev', pattern: 'team/**', actions: ['push', 'pull'] };
    const granted = await send('post', '/grants').send(grant);
    expect(granted.status).toBe(201);
    expect(granted.body).toMatchObject({
      subject: 'group:dev',
      pattern: 'team/**',
      actions: ['pull', 'push'],
    });
    const found = await send('get', granted.headers['location'] ?? '');
    expect(found.body).toMatchObject({ items: [{ subject: 'group:dev', pattern: 'team/**' }], next: null });

    const access = async () =>
      accessIn(await issuer.get(privateHost, 'scope=repository:team/app:pull').auth('bob', password));
    expect(await access()).toMatchObject([{ actions: ['pull'] }]);
    expect((await send('delete', granted.headers['location'] ?? '')).status).toBe(204);
    expect(await access()).toEqual([]);
    expect((await send('delete', granted.headers['location'] ?? '')).body).toMatchObject({
      code: 'no_such_grant',
    });
    expect((await send('delete', '/groups/dev/members/bob')).status).toBe(204);
    expect((await send('delete', '/groups/dev')).status).toBe(204);
    expect((await send('get', '/groups/dev')).body).toMatchObject({ code: 'no_such_group' });
  });

  test.each([
    ['post', '/groups', { name: 'dev' }, 409, 'already_exists'],
    ['put', '/groups/none-1/members/root-1', undefined, 404, 'no_such_group'],
    ['put', '/groups/dev/members/nobody-1', undefined, 404, 'no_such_user'],
    ['post', '/grants', { subject: 'nobody-1', pattern: 'a', actions: ['pull'] }, 404, 'no_such_user'],
    ['post', '/grants', { subject: 'group:x', pattern: 'a', actions: ['pull'] }, 404, 'no_such_group'],
    ['post', '/grants', { subject: 'root-1', pattern: 'A//', actions: ['pull'] }, 400, 'bad_usage'],
    ['post', '/grants', { subject: 'root-1', pattern: 'a', actions: [] }, 400, 'bad_request'],
    ['post', '/grants', { subject: 'root-1', pattern: 'a', actions: ['fly'] }, 400, 'bad_request'],
    ['delete', '/grants?subject=root-1', undefined, 400, 'bad_request'],
  ] as const)('%s %s with %j is answered with %i %s', async (method, path, body, status, code) => {
    await send('post', '/groups').send({ name: 'dev' });
    const answer = await send(method, path).send(body);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
  });
});
