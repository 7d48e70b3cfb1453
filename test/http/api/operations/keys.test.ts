import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { apiMethods } from '../../../support/api/methods.ts';
import { publicHost, startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';
import { ec, ownPki } from '../../../support/tls/pki.ts';

const password = 'correct horse battery';

interface Key {
  readonly name: string;
  readonly use: string;
}

/** Returns the id of the certificate that signs tokens now. */
async function signingKey(issuer: TestIssuer): Promise<string> {
  // Tokens that are equal are shared for a second, so each request asks for another repository.
  const answer = await issuer.get(
    publicHost,
    `scope=repository:r${Math.random().toString(36).slice(2)}:pull`,
  );
  const { x5c = [] } = decodeProtectedHeader((answer.body as { token: string }).token);
  return x5c[0] ?? '';
}

describe.each([
  ['key files', {}],
  ['encrypted keys in the database', { keys: { secret: 'a secret of at least 32 random characters' } }],
])('keys in the API, with %s', (_place, settings) => {
  test('a rotation creates a key that is listed at once and signs within two seconds', async () => {
    const issuer = await startIssuer(settings);
    await issuer.addUser('root-1', password, 'admin');
    await issuer.addUser('alice', password);
    const api = apiMethods(issuer, 'root-1', password);
    const before = (await api.get('/keys')).body as { items: readonly Key[]; next: null };
    expect(before).toEqual({ items: issuer.server.keys.list(), next: null });
    expect(before.items.map(({ use }) => use)).toEqual(['certifies leaves', 'signs tokens']);
    const old = await signingKey(issuer);

    const rotated = await api.post('/keys/rotate');
    expect(rotated.status).toBe(200);
    const key = rotated.body as Key;
    expect(before.items.map(({ name }) => name)).not.toContain(key.name);
    expect(issuer.server.keys.published().map(({ kid }) => kid)).toContain(key.name);
    const after = (await api.get('/keys')).body as { items: readonly Key[] };
    expect(after.items.map(({ name }) => name)).toEqual([...before.items.map(({ name }) => name), key.name]);
    // The clock of the server stands still until the test moves it.
    issuer.clock.advance(2);
    await expect.poll(() => signingKey(issuer), { timeout: 2000 }).not.toBe(old);
    expect((await api.get('/keys')).body).toMatchObject({
      items: [{}, { use: 'verifies tokens' }, { name: key.name, use: 'signs tokens' }],
    });
    // The authority, which registries trust, is the same.
    expect(after.items[0]).toEqual(before.items[0]);
    const rows = await issuer.server.store.auditLog.list({ outcome: 'changed' });
    expect(rows.at(-1)).toMatchObject({
      reason: `keys rotated: new signing key ${key.name}`,
      client: 'api: root-1',
      address: '127.0.0.1',
    });

    const page = await api.get('/keys?limit=2');
    const { next } = page.body as { next: string };
    expect((await api.get(`/keys?limit=2&cursor=${next}`)).body).toMatchObject({
      items: [{ name: key.name }],
      next: null,
    });
    const authority = await api.post('/keys/rotate', { authority: true });
    expect([authority.status, authority.body]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/authority' })] }),
    ]);
    const alice = apiMethods(issuer, 'alice', password);
    expect((await alice.get('/keys')).status).toBe(403);
    expect((await alice.post('/keys/rotate')).status).toBe(403);
  });

  test('creates no key while the clock seems to be wrong, unless the administrator has checked it', async () => {
    const issuer = await startIssuer(settings);
    await issuer.addUser('root-1', password, 'admin');
    const api = apiMethods(issuer, 'root-1', password);
    // The audit log then has an event with a later time than the clock.
    await api.post('/robots', { name: 'ci', only: ['**:pull'] });
    const count = issuer.server.keys.list().length;
    issuer.clock.advance(-40 * 86_400);
    const answer = await api.post('/keys/rotate');
    expect([answer.status, answer.body]).toEqual([
      409,
      expect.objectContaining({ code: 'clock_implausible' }),
    ]);
    expect(issuer.server.keys.list()).toHaveLength(count);
    const trusted = await api.post('/keys/rotate', { trustClock: true });
    expect(trusted.status).toBe(200);
    expect(issuer.server.keys.list()).toHaveLength(count + 1);
  });
});

test('with a CA of your own PKI, a rotation issues the next leaf certificate with it', async () => {
  const pki = await ownPki();
  const { certificate, key } = await pki.root({ kind: ec, dedicated: true });
  const issuer = await startIssuer({ keys: { authority: { certificate, key } } }, Date.now());
  await issuer.addUser('root-1', password, 'admin');
  const api = apiMethods(issuer, 'root-1', password);
  const rotated = await api.post('/keys/rotate');
  expect([rotated.status, rotated.body]).toMatchObject([200, { algorithm: 'ES256' }]);
  const { items } = (await api.get('/keys')).body as { items: readonly Key[] };
  expect(items).toHaveLength(3);
  const authority = issuer.server.keys.authority();
  expect(authority.subject).toContain('OU=dockpass');
});
