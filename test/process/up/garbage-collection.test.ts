import { describe, expect, test } from 'vitest';
import { startUp, type DockpassUp } from '../../support/dockpass/dockpass.ts';
import { isFullMatrix } from '../../support/edge/registry-behind-edge.ts';
import { needs, part } from '../../support/run/parts.ts';
import { digestOf } from '../../support/registry/push.ts';
import { rawPusher, type RawPusher } from '../../support/registry/raw-pusher.ts';
import { registryPart, registryVersions, type RegistryVersion } from '../../support/registry/registry.ts';
import { until } from '../../support/process/ready.ts';

type Edge = 'caddy' | 'nginx';

const all = registryVersions.flatMap((registry) =>
  (['caddy', 'nginx'] as const).map((edge) => ({ registry, edge })),
);
const combinations: readonly { registry: RegistryVersion; edge: Edge }[] = isFullMatrix
  ? all
  : [
      { registry: '2.8', edge: 'caddy' },
      { registry: '3.0', edge: 'nginx' },
      { registry: '3.1', edge: 'caddy' },
    ];

/** Sends the requests of a pull again and again. @returns a function that stops, and returns all statuses but 200 */
function pullAgainAndAgain(client: RawPusher, repository: string, tag: string) {
  const failures: unknown[] = [];
  let isStopped = false;
  let count = 0;
  const loop = (async () => {
    while (!isStopped) {
      count += 1;
      const statuses = await client.pull(repository, tag).catch((error: unknown) => [error]);
      failures.push(...statuses.filter((status) => status !== 200));
    }
  })();
  return async () => {
    isStopped = true;
    await loop;
    return { count, failures };
  };
}

describe.each(combinations)('registry $registry behind $edge', ({ registry, edge }) => {
  needs(registryPart(registry), edge)('garbage collection', () => {
    async function open(): Promise<{ up: DockpassUp; client: RawPusher }> {
      const up = await startUp({
        tls: false,
        args: ['--tls', 'off', '--registry', part(registryPart(registry)), '--edge', part(edge)],
        env: { user: 'ada', pass: 'a long enough password', REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
      });
      return { up, client: rawPusher(`http://localhost:${up.edgePort}`, 'ada:a long enough password') };
    }

    test('frees deleted images, lets pushes that have begun finish, and never stops pulls', async () => {
      const { up, client } = await open();
      expect((await up.must(['gc', '--dry-run'])).stdout).toBe('would be freed: 0 blobs, 0 B\n');
      await client.image('app', 'kept', 'a layer that stays');
      const deleted = await client.image('app', 'deleted', 'a layer that goes');
      await client.image('other/deeply/nested', 'kept', 'another layer');
      expect((await client.send('DELETE', `/v2/app/manifests/${deleted.digest}`)).status).toBe(202);
      const goes = `/v2/app/blobs/${digestOf('a layer that goes')}`;

      const dry = await up.must(['gc', '--dry-run']);
      expect(dry.stdout).toMatch(/^would be freed: 2 blobs, \d+ B\n$/);
      expect((await client.send('HEAD', goes)).status).toBe(200);

      const config = await client.layer('begun', '{}');
      const upload = await client.begin('begun');
      const stopPulls = pullAgainAndAgain(client, 'app', 'kept');
      const collection = up.cli(['gc']);
      const denied = await until('pushes to stop', { part: up.process }, async () => {
        const answer = await client.send('PUT', '/v2/new/manifests/1', '{}');
        return answer.status === 503 ? answer : undefined;
      });
      expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await denied.json()).toMatchObject({
        errors: [
          {
            code: 'UNAVAILABLE',
            message: expect.stringContaining('garbage collection is running') as string,
          },
        ],
      });
      expect((await up.cli(['gc'])).stderr).toMatch(/a garbage collection is running since/);

      const layer = await client.finish(upload, 'a layer of a push that has begun');
      await client.manifest('begun', '1', config, [layer]);
      const ran = await collection;
      expect(ran).toMatchObject({ status: 0 });
      expect(ran.stderr).toMatch(/waiting for pushes that have begun: begun/);
      expect(ran.stdout).toMatch(/^freed: 2 blobs, \d+ B\n$/);
      const { count, failures } = await stopPulls();
      expect(count).toBeGreaterThan(1);
      expect(failures).toEqual([]);

      expect((await client.send('HEAD', goes)).status).toBe(404);
      // The client asks for the layer, and must not be told that the registry still has it.
      await client.image('app', 'deleted', 'a layer that goes');
      for (const [repository, tag] of [
        ['app', 'kept'],
        ['app', 'deleted'],
        ['begun', '1'],
        ['other/deeply/nested', 'kept'],
      ] as const)
        expect(await client.pull(repository, tag)).toEqual([200, 200, 200]);
      const audit = await up.must(['audit', '--json', '--outcome', 'changed']);
      expect(audit.stdout).toMatch(/garbage collection begun/);
      expect(audit.stdout).toMatch(/garbage collection done: 2 blobs/);
      expect(audit.stdout).toMatch(/cli: /);
    });

    test.runIf(isFullMatrix || registry === '2.8')(
      'collects nothing if pushes have not ended in time, and pushes work again',
      async () => {
        const { up, client } = await open();
        const deleted = await client.image('app', 'deleted', 'a layer that goes');
        await client.send('DELETE', `/v2/app/manifests/${deleted.digest}`);
        await client.layer('begun', 'a layer without a manifest');
        const ran = await up.cli(['gc', '--wait', '1s']);
        expect(ran.status).toBe(1);
        expect(ran.stderr).toMatch(/nothing was collected, because pushes .* have not ended: begun\./);
        const goes = `/v2/app/blobs/${digestOf('a layer that goes')}`;
        expect((await client.send('HEAD', goes)).status).toBe(200);
        await client.image('new', '1', 'a layer');
      },
    );
  });
});
