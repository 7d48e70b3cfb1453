import { beforeEach, describe, expect, test } from 'vitest';
import { administrator, apiClient, password } from '../../support/api/client.ts';
import { startIssuer, type TestIssuer } from '../../support/dockpass/issuer.ts';

let issuer: TestIssuer;
let send: ReturnType<typeof apiClient>;

beforeEach(async () => {
  issuer = await startIssuer();
  await issuer.addUser(administrator, password, 'admin');
  await issuer.addUser('bob', password, 'reader');
  send = apiClient(issuer);
});

const etagOf = async (path: string): Promise<string> => (await send('get', path)).headers['etag'] ?? '';

describe('If-Match', () => {
  test('lets only one of several writers with one ETag succeed', async () => {
    const etag = await etagOf('/users/bob');
    const roles = ['writer', 'none', 'admin', 'writer', 'none', 'admin', 'writer', 'none'];
    const answers = await Promise.all(
      roles.map((role) => send('patch', '/users/bob').set('If-Match', etag).send({ role })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(412)]);
    const [won] = answers.filter(({ status }) => status === 200);
    expect((await send('get', '/users/bob')).body).toEqual(won?.body);
    const lost = answers.find(({ status }) => status === 412);
    expect(lost?.body).toMatchObject({ code: 'precondition_failed' });
  });

  test('succeeds with the ETag of the last answer, and fails with an older one', async () => {
    const first = await etagOf('/users/bob');
    const changed = await send('patch', '/users/bob').set('If-Match', first).send({ role: 'none' });
    const second = changed.headers['etag'] ?? '';
    expect(second).toBe(await etagOf('/users/bob'));
    expect((await send('delete', '/users/bob').set('If-Match', first)).status).toBe(412);
    expect((await send('patch', '/users/bob').set('If-Match', first).send({})).status).toBe(412);
    expect((await send('delete', '/users/bob/lockout').set('If-Match', second)).status).toBe(204);
    expect((await send('delete', '/users/bob').set('If-Match', `"x", ${second}`)).status).toBe(204);
  });

  test.each([
    ['W/"x"', 412],
    ['x', 400],
    ['', 400],
  ])('%j is answered with %i', async (header, status) => {
    expect((await send('delete', '/users/bob').set('If-Match', header)).status).toBe(status);
  });

  test('of a resource that does not exist is answered with 404', async () => {
    expect((await send('delete', '/users/carol').set('If-Match', '*')).status).toBe(404);
    expect((await send('delete', '/users/bob').set('If-Match', '*')).status).toBe(204);
  });
});

describe('Idempotency-Key', () => {
  const add = (name: string, key = 'key-1', by = send) =>
    by('post', '/users').set('Idempotency-Key', key).send({ name, generate: true });

  test('makes a repeated request answer as before, without the secret', async () => {
    const first = await add('carol');
    const second = await add('carol');
    expect(second.status).toBe(201);
    const { secret, ...rest } = first.body as { secret: string };
    expect(secret).toBeTypeOf('string');
    expect(second.body).toEqual(rest);
    expect(second.headers['location']).toBe(first.headers['location']);
    expect(await issuer.server.store.auditLog.list({ subject: 'carol' })).toHaveLength(1);
    expect(
      JSON.stringify(await issuer.server.store.idempotencyKeys.find('user root-1', 'key-1')),
    ).not.toContain(secret);
  });

  test('makes of several requests at once a single change', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => add('carol')));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(answers.filter(({ body }) => 'secret' in (body as object))).toHaveLength(1);
    expect(await issuer.server.store.auditLog.list({ subject: 'carol' })).toHaveLength(1);
  });

  test('with another body, path or password is answered with 409', async () => {
    await add('carol');
    expect((await add('dave')).body).toMatchObject({ status: 409, code: 'idempotency_key_reused' });
    const group = await send('post', '/groups').set('Idempotency-Key', 'key-1').send({ name: 'carol' });
    expect(group.status).toBe(409);
    const withPassword = (text: string) =>
      send('post', '/users').set('Idempotency-Key', 'key-2').send({ name: 'erin', password: text });
    expect((await withPassword(password)).status).toBe(201);
    expect((await withPassword(password)).status).toBe(201);
    expect((await withPassword('another horse battery')).status).toBe(409);
  });

  test('belongs to the caller', async () => {
    await issuer.addUser('root-2', password, 'admin');
    await add('carol');
    expect((await add('dave', 'key-1', apiClient(issuer, 'root-2'))).status).toBe(201);
  });

  test('of a request that failed can be used again', async () => {
    expect((await add('bob')).status).toBe(409);
    expect((await add('carol')).status).toBe(201);
  });

  test('is forgotten after 24 hours', async () => {
    await add('carol');
    issuer.clock.advance(24 * 60 * 60 - 1);
    expect((await add('carol')).status).toBe(201);
    issuer.clock.advance(1);
    expect((await add('carol')).body).toMatchObject({ code: 'already_exists' });
    expect((await add('dave')).status).toBe(201);
  });

  test.each(['', 'a b', 'x'.repeat(256)])('%j is rejected', async (key) => {
    expect((await add('carol', key)).status).toBe(400);
  });
});
