import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { dockpassHome, startServe, startUp } from '../../support/dockpass/dockpass.ts';
import { manifestClient } from '../../support/registry/manifest-client.ts';
import { digestOf } from '../../support/registry/push.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { needs, part } from '../../support/run/parts.ts';

const password = 'correct horse battery';
registerSecret(password);
const immutableTags = ['release/**:v*'];

describe.each([
  ['caddy', '2.8'],
  ['nginx', '3.1'],
] as const)('dockpass up with %s and registry %s', (edge, registry) => {
  needs(edge, `registry-${registry}`)('immutable tags', () => {
    test('protects tags as soon as they are configured, and no longer than that', async () => {
      const up = await startUp({
        config: {},
        args: ['--registry', part(`registry-${registry}`), '--edge', part(edge), '--tls', 'off'],
        tls: false,
      });
      await up.addUser('alice', password);
      const alice = manifestClient({ port: up.edgePort }, { name: 'alice', password });
      const repository = 'release/app';
      const [one, two, three] = [
        await alice.image(repository),
        await alice.image(repository),
        await alice.image(repository),
      ];
      const change = (config: object): Promise<void> =>
        writeFile(join(up.directory, 'dockpass.yml'), stringify(config));
      let turn = 0;
      /** Pushes another image to the tag each time. */
      const overwrite = async (tag: string): Promise<number> =>
        (await alice.put(repository, tag, turn++ % 2 === 0 ? one : two)).status;
      expect([await overwrite('v1'), await overwrite('v1')]).toEqual([201, 201]);

      await change({ immutableTags });
      await expect.poll(() => overwrite('v1'), { timeout: 20_000 }).toBe(403);
      expect((await alice.put(repository, 'v2', three)).status).toBe(201);
      expect((await alice.put(repository, 'v2', one)).status).toBe(403);

      await change({ immutableTags: [] });
      await expect.poll(() => overwrite('v2'), { timeout: 20_000 }).toBe(201);
      expect(await alice.digestOf(repository, 'v2')).not.toBe(digestOf(three));
    });
  });
});

describe('with an edge of one’s own', () => {
  test('a server that gets immutable tags says that the edge needs a new file', async () => {
    const server = await startServe({ config: {} });
    await writeFile(join(server.directory, 'dockpass.yml'), stringify({ immutableTags }));
    await server.process.line(/write it again with .*dockpass init --edge-only/);
    const check = await server.cli(['check']);
    expect(check.stderr).toContain('an edge of your own must send the manifests of pushes to dockpass');
  });

  test('check names an edge file that was written before, until it is written again', async () => {
    const home = await dockpassHome({ config: {} });
    await home.must(['init', '--edge-only', '--edge', 'nginx']);
    expect((await home.must(['check'])).stderr).not.toContain('immutableTags');
    await writeFile(join(home.directory, 'dockpass.yml'), stringify({ immutableTags }));
    expect((await home.must(['check'])).stderr).toMatch(
      /immutableTags has no effect with the edge file .*dockpass-nginx\.conf/,
    );
    await home.must(['init', '--edge-only', '--edge', 'nginx']);
    expect((await home.must(['check'])).stderr).not.toContain('immutableTags');
  });
});
