import { hash } from '@node-rs/bcrypt';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { askCatalog, catalogToken, namesIn } from '../../support/catalog/ask-catalog.ts';
import { privateHost, startIssuer } from '../../support/dockpass/issuer.ts';
import { startFakeRegistry } from '../../support/registry/fake-registry.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { jobClaims, ruleOf, startFederatedServer } from '../../support/trust/federated-server.ts';

// Every kind of login lists what it may pull, and only as long as it counts.

const password = 'correct horse battery';

async function registryWith(...names: readonly string[]) {
  const registry = await startFakeRegistry();
  registry.addRepositories(names);
  return registry;
}

const tokenIn = (answer: { readonly body: unknown }) => (answer.body as { token: string }).token;

describe('a job with a JWT', () => {
  test('lists what its trust rule gives, as long as the rule is the same', async () => {
    const { url } = await registryWith('acme/app/web', 'acme/other', 'other');
    const federated = await startFederatedServer(undefined, { registries: [url] });
    const jwt = await federated.ci.sign(jobClaims);
    const query = 'scope=registry:catalog:*';
    const token = tokenIn(await federated.login(jwt, { query }));
    const refresh = await federated.beginSession(jwt);
    const resumed = tokenIn(await federated.resume(refresh, { query }));
    for (const login of [['ci', jwt] as const, token, resumed])
      expect(namesIn(await askCatalog(federated.server, login))).toEqual(['acme/app/web']);

    await federated.useRules([ruleOf(federated.ci, { only: ['acme/other:pull'] })]);
    for (const login of [token, resumed])
      expect(namesIn(await askCatalog(federated.server, login))).toBe(401);
    const changed = await startChanged();
    expect(namesIn(await askCatalog(federated.server, changed))).toEqual(['acme/other']);
    await federated.useRules([]);
    expect(namesIn(await askCatalog(federated.server, changed))).toBe(401);

    async function startChanged(): Promise<string> {
      return tokenIn(await federated.login(await federated.ci.sign(jobClaims), { query }));
    }
  });
});

test('a user of the htpasswd file lists by the role of the file, as long as the file has the user', async () => {
  const { url } = await registryWith('a', 'b');
  const file = join(await temporaryDirectory('htpasswd'), 'htpasswd');
  registerSecret(password);
  await writeFile(file, `filed:${await hash(password, 5)}\n`);
  const issuer = await startIssuer({ registries: [url], htpasswd: file, htpasswdRole: 'reader' });
  const token = await catalogToken(issuer, ['filed', password]);
  for (const login of [['filed', password] as const, token])
    expect(namesIn(await askCatalog(issuer, login))).toEqual(['a', 'b']);
  await writeFile(file, '# no users\n\n');
  await expect.poll(async () => namesIn(await askCatalog(issuer, token))).toBe(401);
});

test('a refresh token gives a token that lists', async () => {
  const { url } = await registryWith('a');
  const issuer = await startIssuer({ registries: [url] });
  await issuer.addUser('alice', password, 'reader');
  const login = await issuer.get(privateHost, 'service=registry&offline_token=true').auth('alice', password);
  const { refresh_token: refresh } = login.body as { refresh_token: string };
  const form = `grant_type=refresh_token&refresh_token=${refresh}&service=registry&client_id=docker`;
  const token = tokenIn(await issuer.post(privateHost, `${form}&scope=registry:catalog:*`));
  expect(namesIn(await askCatalog(issuer, token))).toEqual(['a']);
});

test('an event of the registry lists a new repository at once', async () => {
  const registry = await registryWith('a');
  const secret = 'a-test-secret-for-the-events-of-a-registry';
  registerSecret(secret);
  const issuer = await startIssuer({
    registries: [registry.url],
    events: { listen: '127.0.0.1:0', secret },
  });
  await issuer.addUser('alice', password, 'reader');
  const list = async () => namesIn(await askCatalog(issuer, ['alice', password]));
  expect(await list()).toEqual(['a']);
  registry.addRepositories(['new/app']);
  const reads = registry.requests.length;
  const event = {
    id: 'event-1',
    timestamp: '2026-03-01T11:00:00Z',
    action: 'push',
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: 'sha256:a',
      size: 1,
      repository: 'new/app',
      tag: 'v1',
    },
    request: { id: 'r', addr: '192.0.2.1:4711', host: privateHost, method: 'PUT', useragent: 'docker/29' },
    actor: { name: 'alice' },
    source: { addr: 'registry:5000', instanceID: 'i' },
  };
  const answer = await request(`http://127.0.0.1:${issuer.server.events?.port}`)
    .post('/events')
    .set('Authorization', `Bearer ${secret}`)
    .send({ events: [event] });
  expect(answer.status).toBe(200);
  expect(await list()).toEqual(['a', 'new/app']);
  expect(registry.requests).toHaveLength(reads);
});
