import { expect, test } from 'vitest';
import { manifestClient } from '../support/registry/manifest-client.ts';
import { startIssuer } from '../support/dockpass/issuer.ts';

test('while writes are stopped, a manifest that nginx sends is denied like every other push', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', 'correct horse battery');
  const alice = manifestClient({ port: issuer.port }, { name: 'alice', password: 'correct horse battery' });
  const headers = { 'X-Dockpass-Writes': '1' };
  const answer = await alice.send('PUT', '/v2/app/manifests/v1', 'app', { headers, body: '{}' });
  expect(answer.status).toBe(503);
  expect(answer.headers).toMatchObject({
    'retry-after': '60',
    'docker-distribution-api-version': 'registry/2.0',
  });
  expect(answer.body).toMatch(/garbage collection is running/);
});
