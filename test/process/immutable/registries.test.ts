import { expect, test } from 'vitest';
import { startServe } from '../../support/dockpass/dockpass.ts';
import { openEdge } from '../../support/edge/edge-process.ts';
import { manifestClient } from '../../support/registry/manifest-client.ts';
import { startShippedRegistry } from '../../support/registry/registry.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

const password = 'correct horse battery';
registerSecret(password);

needs('registry-3.1', 'nginx')('immutable tags', () => {
  test('if registries names the edge, or no registry, pushes are denied with the reason, and do not go round', async () => {
    const [port, registry] = [await freePort(), await freePort()];
    for (const [url, reason] of [
      [`http://localhost:${port}`, /registries\W+ of dockpass names the edge/],
      [`http://127.0.0.1:${await freePort()}`, /registry does not answer the token server/],
    ] as const) {
      const server = await startServe({ config: { registries: [url], immutableTags: ['release/**:v*'] } });
      await server.addUser('alice', password);
      const running = await startShippedRegistry('3.1', server, {}, registry);
      const edge = await openEdge('nginx', { port, registry, dockpass: server.port, immutableTags: true });
      const alice = manifestClient({ port }, { name: 'alice', password });
      const image = await alice.image('release/app');
      for (const tag of ['v1', 'latest']) {
        const answer = await alice.put('release/app', tag, image);
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after'] ?? '5').toBe('5');
        expect(answer.body).toMatch(reason);
      }
      await edge.process.stop();
      await running.process.stop();
    }
  });
});
