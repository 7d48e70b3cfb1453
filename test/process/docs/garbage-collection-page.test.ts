import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockpassBin, startUp } from '../../support/dockpass/dockpass.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { rawPusher } from '../../support/registry/raw-pusher.ts';
import { needs, part } from '../../support/run/parts.ts';

needs(
  'registry-3.1',
  'caddy',
  'curl',
)('docs/garbage-collection.md', () => {
  test('frees the space of a deleted image, under up and by hand', async () => {
    const password = 'a long enough password';
    const up = await startUp({
      tls: false,
      args: ['--tls', 'off', '--registry', part('registry-3.1'), '--edge', part('caddy')],
      env: { user: 'ada', pass: password, REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
    });
    const origin = `http://localhost:${up.edgePort}`;
    const client = rawPusher(origin, `ada:${password}`);
    const remove = async (layer: string): Promise<void> => {
      const { digest } = await client.image('app', 'deleted', layer);
      await client.send('DELETE', `/v2/app/manifests/${digest}`);
    };
    const recipe = await openRecipe('docs/garbage-collection.md', {
      directory: up.directory,
      env: up.env,
      programs: { dockpass: [process.execPath, dockpassBin], registry: [part('registry-3.1')] },
      replace: [
        ['https://registry.example.com', origin],
        ['/etc/docker/registry/config.yml', join(up.directory, 'data/up/registry-config.yml')],
        ['/var/lib/registry', join(up.directory, 'data/registry')],
      ],
    });
    await remove('the first layer');
    expect((await recipe.next()).stdout).toMatch(/^would be freed: 3 blobs/);
    expect((await recipe.next()).stdout).toMatch(/^freed: 3 blobs/);

    await remove('the second layer');
    await recipe.next();
    expect((await recipe.next()).stdout).toBe('503\n');
    expect((await recipe.next()).stdout).toBe('');
    expect((await recipe.next()).output).toMatch(/3 blobs and 0 manifests eligible for deletion/);
    await recipe.next();
    recipe.finish();
    expect(await client.image('app', 'kept', 'the second layer')).toBeDefined();
    expect(await client.pull('app', 'kept')).toEqual([200, 200, 200]);
  });
});
