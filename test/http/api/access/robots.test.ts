import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiMethods, type ApiMethods } from '../../../support/api/methods.ts';
import { accessIn, privateHost, startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';
import { registerSecret } from '../../../support/run/evidence.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;
let api: ApiMethods;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  api = apiMethods(issuer, 'root-1', password);
});

interface Robot {
  readonly name: string;
  readonly secret: string;
}

async function create(name: string, more: object = {}): Promise<Robot> {
  const answer = await api.post('/robots', { name, only: ['team/**:pull,push'], ...more });
  expect(answer.status).toBe(201);
  const robot = answer.body as Robot;
  registerSecret(robot.secret);
  return robot;
}

function login({ name, secret }: Robot, scope = 'repository:team/app:pull,push') {
  return issuer.get(privateHost, `scope=${scope}`).auth(name, secret);
}

describe('robots in the API', () => {
  test('creates a robot that can log in at once, and shows its secret once', async () => {
    const answer = await api.post('/robots', {
      name: 'CI',
      only: ['team/**:pull,push', 'base/*:pull'],
      expires: '30d',
      description: 'builds',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe('/auth/api/v1/robots/ci');
    const { secret, ...robot } = answer.body as Robot;
    registerSecret(secret);
    expect(secret.length).toBeGreaterThanOrEqual(20);
    expect(robot).toMatchObject({
      name: 'ci',
      only: ['team/**:pull,push', 'base/*:pull'],
      rights: [
        { pattern: 'team/**', actions: ['pull', 'push'] },
        { pattern: 'base/*', actions: ['pull'] },
      ],
      disabled: false,
      state: 'active',
      api: false,
      description: 'builds',
      owner: null,
      lastUsed: null,
    });
    const { expires } = answer.body as { expires: string };
    expect(Date.parse(expires)).toBe(issuer.clock() + 30 * 86_400_000);
    expect(accessIn(await login({ name: 'ci', secret }))).toMatchObject([{ actions: ['pull', 'push'] }]);
    const shown = await api.get('/robots/ci');
    expect(shown.body).toMatchObject({ ...robot, lastUsed: null });
    expect(JSON.stringify(shown.body)).not.toContain(secret);
  });

  test('lists robots in pages, and by a part of the name', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await create(name);
    const first = await api.get('/robots?q=page-&limit=2');
    expect(first.body).toMatchObject({ items: [{ name: 'page-1' }, { name: 'page-2' }] });
    const { next } = first.body as { next: string };
    await api.delete('/robots/page-2');
    const second = await api.get(`/robots?q=page-&limit=2&cursor=${next}`);
    expect(second.body).toMatchObject({ items: [{ name: 'page-3' }], next: null });
  });

  test('changes only what the merge patch names, and the next login sees it', async () => {
    const robot = await create('patched', { description: 'builds', owner: 'team web' });
    const patched = await api.patch('/robots/patched', {
      only: ['team/app:pull'],
      owner: null,
      disabled: true,
    });
    expect(patched.status).toBe(200);
    expect(patched.body).toMatchObject({
      only: ['team/app:pull'],
      description: 'builds',
      owner: null,
      disabled: true,
      state: 'disabled',
    });
    expect((await login(robot)).status).toBe(401);
    await api
      .patch('/robots/patched', { disabled: false })
      .set('Content-Type', 'application/merge-patch+json');
    expect(accessIn(await login(robot))).toMatchObject([{ actions: ['pull'] }]);
    const before = (await issuer.server.store.auditLog.list({ outcome: 'changed' })).length;
    const unchanged = await api.patch('/robots/patched', {});
    expect(unchanged.status).toBe(200);
    expect(unchanged.body).toMatchObject({ only: ['team/app:pull'], disabled: false });
    const rows = await issuer.server.store.auditLog.list({ outcome: 'changed' });
    expect(rows).toHaveLength(before);
    expect(rows.at(-1)).toMatchObject({
      reason: 'robot patched enabled',
      client: 'api: root-1',
      address: '127.0.0.1',
    });
    expect(rows.at(-2)).toMatchObject({
      reason: 'robot patched changed, rights: team/app:pull, owner: none, and disabled',
    });
  });

  test('lets one of two writers with the same ETag change a robot, also if it was used in the meantime', async () => {
    const robot = await create('shared');
    const { etag = '' } = (await api.get('/robots/shared')).headers as Record<string, string>;
    await login(robot);
    const [first, second] = await Promise.all(
      ['builds', 'deploys'].map((description) =>
        api.patch('/robots/shared', { description }).set('If-Match', etag),
      ),
    );
    expect([first?.status, second?.status].sort()).toEqual([200, 412]);
    expect((await api.delete('/robots/shared').set('If-Match', etag)).status).toBe(412);
  });

  test('rotates a secret with a grace period, or ends older secrets at once', async () => {
    const old = await create('rotated');
    const rotated = await api.post('/robots/rotated/rotate');
    expect(rotated.status).toBe(200);
    const next = rotated.body as Robot & { oldSecretsEnd: string };
    registerSecret(next.secret);
    expect(Date.parse(next.oldSecretsEnd)).toBe(issuer.clock() + 86_400_000);
    expect((await login(old)).status).toBe(200);
    expect((await login(next)).status).toBe(200);
    const last = await api.post('/robots/rotated/rotate', { overlap: '0s', expires: '10d' });
    registerSecret((last.body as Robot).secret);
    expect((await login(old)).status).toBe(401);
    expect((await login(next)).status).toBe(401);
    expect((await login(last.body as Robot)).status).toBe(200);
    expect(Date.parse((last.body as { expires: string }).expires)).toBe(issuer.clock() + 864_000_000);
  });

  test('removes a robot, whose secret is then rejected', async () => {
    const robot = await create('removed');
    expect((await api.delete('/robots/removed')).status).toBe(204);
    expect((await login(robot)).status).toBe(401);
    for (const answer of [
      await api.get('/robots/removed'),
      await api.patch('/robots/removed', { disabled: true }),
      await api.delete('/robots/removed'),
      await api.post('/robots/removed/rotate'),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ code: 'no_such_robot' });
    }
  });

  test.each([
    [{ only: ['team/**:pull'] }, '/name'],
    [{ name: 'x' }, '/only'],
    [{ name: 'x', only: [] }, '/only'],
    [{ name: 'x', only: ['team/**'] }, '/only/0'],
    [{ name: 'x', only: ['team/**:pull', 'team/**:run'] }, '/only/1'],
    [{ name: 'x', only: ['**:pull'], expires: 'never' }, '/expires'],
    [{ name: 'x', only: ['**:pull'], secret: 'mine' }, '/secret'],
    [{ name: 'x', only: ['**:pull'], api: 'yes' }, '/api'],
    [{ name: 1, only: ['**:pull'] }, '/name'],
  ])('rejects %j with a pointer and creates nothing', async (body, pointer) => {
    const answer = await api.post('/robots', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'bad_request', errors: [{ pointer }] });
    expect((await api.get('/robots/x')).status).toBe(404);
  });

  test('rejects a name that a user has', async () => {
    const answer = await api.post('/robots', { name: 'root-1', only: ['**:pull'] });
    expect([answer.status, answer.body]).toEqual([409, expect.objectContaining({ code: 'already_exists' })]);
    const bad = await api.post('/robots', { name: 'a b', only: ['**:pull'] });
    expect([bad.status, bad.body]).toEqual([400, expect.objectContaining({ code: 'bad_name' })]);
  });

  test('lets neither users nor robots create or change robots', async () => {
    await issuer.addUser('bob', password);
    const robot = await create('weak', { api: true });
    for (const [name, secret] of [
      ['bob', password],
      [robot.name, robot.secret],
    ] as const) {
      const other = apiMethods(issuer, name, secret);
      for (const answer of [
        await other.get('/robots'),
        await other.post('/robots', { name: 'stronger', only: ['**:*'] }),
        await other.patch('/robots/weak', { only: ['**:*'] }),
        await other.post('/robots/weak/rotate'),
        await other.delete('/robots/weak'),
      ])
        expect([answer.status, answer.body]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
    }
    const withoutLogin = await request(issuer.url).get('/auth/api/v1/robots').set('Host', privateHost);
    expect(withoutLogin.status).toBe(401);
  });
});
