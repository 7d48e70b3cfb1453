import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { notificationEndpoints } from '../../../src/registry/registry-config.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { RepositoryHistory } from '../../../src/store/store.ts';
import type { UsageView } from '../../../src/usage/read-usage.ts';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { createPusher, type Pusher } from '../../support/registry/push.ts';
import { registryPart, startShippedRegistry } from '../../support/registry/registry.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

// What retention knows from the events that a real registry sends.

for (const version of ['2.8', '3.1'] as const) {
  needs(registryPart(version))(`registry ${version}`, () => {
    let server: DockpassServer;
    let pusher: Pusher;
    beforeAll(async () => {
      const [registryPort, eventsPort] = [await freePort(), await freePort()];
      const secret = randomBytes(32).toString('hex');
      registerSecret(secret);
      server = await startServe({
        config: {
          registries: [`http://127.0.0.1:${registryPort}`],
          events: { listen: `127.0.0.1:${eventsPort}`, secret },
          retention: [{ on: ['ci/**'], keep: { tags: ['v*'] }, untagged: '1m' }],
        },
      });
      const endpoints = notificationEndpoints({ url: `http://127.0.0.1:${eventsPort}/events`, secret });
      const registry = await startShippedRegistry(
        version,
        server,
        {
          REGISTRY_STORAGE_DELETE_ENABLED: 'true',
          // With the level info, a registry logs the secret of its endpoint.
          REGISTRY_LOG_LEVEL: 'warn',
          REGISTRY_NOTIFICATIONS_ENDPOINTS: JSON.stringify(endpoints),
        },
        registryPort,
      );
      pusher = await createPusher(server, registry);
    });

    async function historyOf(repository: string): Promise<RepositoryHistory> {
      const store = await openStore(join(server.directory, 'data', 'dockpass.db'));
      try {
        return await store.usage.history(repository);
      } finally {
        await store.close();
      }
    }

    test('a plan is no pull, and a deletion ends what is known about a tag', async () => {
      const { digest } = await pusher.image('ci/app', { layer: 'one' }, 'old');
      await expect
        .poll(async () => (await historyOf('ci/app')).tags)
        .toMatchObject([{ name: 'old', push: { digest }, digest }]);
      const plan = await server.must(['retention', 'plan', '--json']);
      // It was pushed within 24 hours.
      expect(JSON.parse(plan.stdout)).toMatchObject({ deletions: [] });

      await server.must(['repo', 'delete', 'ci/app:old', '--yes']);
      // The events arrive in their order, so those of the plan have arrived before.
      await expect
        .poll(async () => (await historyOf('ci/app')).tags)
        .toMatchObject([{ name: 'old', push: undefined, digest: undefined }]);
      const used = JSON.parse((await server.must(['usage', 'ci/app', '--json'])).stdout) as UsageView[];
      expect(used).toMatchObject([{ tag: 'old', pulls: 0, lastPulledAt: null, pushes: 1 }]);
      expect(used).toHaveLength(1);
    });
  });
}
