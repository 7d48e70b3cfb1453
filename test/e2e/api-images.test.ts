import request from 'supertest';
import { beforeAll, expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { isFullMatrix } from '../support/edge/registry-behind-edge.ts';
import { createPusher, mediaTypes, type Pushed, type Pusher } from '../support/registry/push.ts';
import {
  registryPart,
  registryVersions,
  startShippedRegistry,
  type Registry,
  type RegistryVersion,
} from '../support/registry/registry.ts';
import { needs } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';

const password = 'correct horse battery staple';
const host = 'registry.example.com';

interface World {
  readonly server: DockpassServer;
  readonly registry: Registry;
  readonly push: Pusher;
}

/** Starts a server, and a real registry that trusts it and is its first registry. */
async function startWorld(version: RegistryVersion, deletes: boolean): Promise<World> {
  const registryPort = await freePort();
  const server = await startServe({
    config: { registries: [`http://127.0.0.1:${registryPort}`], publicDomains: ['pub.example.com'] },
  });
  const registry = await startShippedRegistry(
    version,
    server,
    { REGISTRY_STORAGE_DELETE_ENABLED: String(deletes) },
    registryPort,
  );
  await server.addUser('root-1', password, 'admin');
  await server.addUser('reader-1', password, 'reader');
  await server.addUser('dev-1', password);
  await server.must(['grant', 'add', 'dev-1', 'team/**', 'pull,push,delete']);
  return { server, registry, push: await createPusher(server, registry) };
}

interface Ask {
  readonly by?: string;
  readonly method?: 'get' | 'delete';
}

function ask({ server }: World, path: string, { by = 'root-1', method = 'get' }: Ask = {}) {
  return request(server.url)[method](`/auth/api/v1${path}`).set('Host', host).auth(by, password);
}

interface Item {
  readonly name: string;
}

const namesIn = (body: unknown): string[] => (body as { items: Item[] }).items.map(({ name }) => name);

const versions = isFullMatrix ? registryVersions : registryVersions.filter((version) => version !== '3.0');
/** Whether to wait for the next reading of the list. This does not depend on the version of the registry. */
const waits = (version: RegistryVersion) => isFullMatrix || version === '3.1';

for (const version of versions) {
  needs(registryPart(version))(`images through the API, with registry ${version}`, () => {
    let world: World;
    let amd64: Pushed;
    let arm64: Pushed;
    /** Its registry stopped after the list was read, so that the list is old when the last test reads it again. */
    let down: World;

    beforeAll(async () => {
      if (waits(version)) {
        down = await startWorld(version, true);
        await down.push.image('team/app', { layer: 'x' }, '1.0');
        expect(namesIn((await ask(down, '/repositories')).body)).toEqual(['team/app']);
        await down.registry.process.stop();
      }
      world = await startWorld(version, true);
      const { push } = world;
      const image = (architecture: string, layer: string) => ({
        layer,
        config: {
          ...{ os: 'linux', architecture, created: '2026-05-04T03:02:01.123456789Z' },
          history: [
            { created_by: 'ADD file', created: '2026-05-04T03:02:00Z' },
            { created_by: 'ENV A=1', empty_layer: true },
          ],
        },
      });
      amd64 = await push.image('team/app', image('amd64', 'x'.repeat(100)), '1.0', 'stable');
      arm64 = await push.image('team/app', image('arm64', 'y'.repeat(50)), '1.0-arm64');
      const index = {
        schemaVersion: 2,
        mediaType: mediaTypes.index,
        manifests: [
          { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
          { ...arm64, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        ],
      };
      await push.manifest('team/app', index, 'multi');
      await push.image('team/app', { layer: 'signature' }, `${amd64.digest.replace(':', '-')}.sig`);
      await push.image('other/app', { layer: 'z' }, 'latest');
    });

    test('a user sees the repositories that the user may pull, and an administrator all', async () => {
      const all = await ask(world, '/repositories');
      expect(all.status).toBe(200);
      expect(all.body).toMatchObject({
        items: [
          { name: 'other/app', actions: ['pull', 'push', 'delete', '*'], public: true },
          { name: 'team/app' },
        ],
        next: null,
        problem: null,
      });
      const own = await ask(world, '/repositories', { by: 'dev-1' });
      expect(own.body).toMatchObject({ items: [{ name: 'team/app', actions: ['pull', 'push', 'delete'] }] });
      const first = await ask(world, '/repositories?limit=1');
      expect(namesIn(first.body)).toEqual(['other/app']);
      const { next } = first.body as { next: string };
      const second = await ask(world, `/repositories?limit=1&cursor=${next}`);
      expect(second.body).toMatchObject({ items: [{ name: 'team/app' }], next: null });
      expect(namesIn((await ask(world, '/repositories?q=ther')).body)).toEqual(['other/app']);
    });

    test.runIf(waits(version))('a new repository is listed within ten seconds', async () => {
      await ask(world, '/repositories');
      await world.push.image('team/new', { layer: 'new' }, 'latest');
      await expect
        .poll(async () => namesIn((await ask(world, '/repositories')).body), {
          timeout: 12_000,
          interval: 500,
        })
        .toContain('team/new');
    });

    test('tags have their digest, size, platforms, time and signatures', async () => {
      const { body } = await ask(world, '/repositories/team%2Fapp/tags', { by: 'dev-1' });
      const { items } = body as { items: (Item & Record<string, unknown>)[] };
      const byName = new Map(items.map((item) => [item.name, item]));
      const configSize = 100;
      expect(byName.get('1.0')).toMatchObject({
        digest: amd64.digest,
        mediaType: mediaTypes.manifest,
        kind: 'image',
        created: '2026-05-04T03:02:01.123Z',
        platforms: [{ os: 'linux', architecture: 'amd64', variant: null }],
        referrers: [{ kind: 'signature', tag: `${amd64.digest.replace(':', '-')}.sig` }],
      });
      expect(byName.get('1.0')?.['size']).toBeGreaterThan(configSize);
      expect(byName.get('multi')).toMatchObject({
        kind: 'index',
        created: '2026-05-04T03:02:01.123Z',
        platforms: [
          { architecture: 'amd64', digest: amd64.digest },
          { architecture: 'arm64', variant: 'v8', digest: arm64.digest },
        ],
      });
      expect(byName.get(`${amd64.digest.replace(':', '-')}.sig`)).toMatchObject({
        kind: 'signature',
        subject: amd64.digest,
      });
    });

    test('tags are paged, filtered, and listed without signatures', async () => {
      const all = await ask(world, '/repositories/team%2Fapp/tags?withoutReferrers=true');
      expect(namesIn(all.body)).toEqual(['1.0', '1.0-arm64', 'multi', 'stable']);
      const first = await ask(world, '/repositories/team%2Fapp/tags?withoutReferrers=true&limit=3');
      expect(namesIn(first.body)).toEqual(['1.0', '1.0-arm64', 'multi']);
      const { next } = first.body as { next: string };
      const path = `/repositories/team%2Fapp/tags?withoutReferrers=true&limit=3&cursor=${next}`;
      expect((await ask(world, path)).body).toMatchObject({ items: [{ name: 'stable' }], next: null });
      expect(namesIn((await ask(world, '/repositories/team%2Fapp/tags?q=arm')).body)).toEqual(['1.0-arm64']);
    });

    test('a manifest has its layers, and an image its configuration and history', async () => {
      const manifest = await ask(world, '/repositories/team%2Fapp/manifests/1.0');
      expect(manifest.body).toMatchObject({
        digest: amd64.digest,
        manifestSize: amd64.size,
        layers: [{ mediaType: mediaTypes.layer, size: 100 }],
        referrers: [{ kind: 'signature' }],
      });
      const config = await ask(world, `/repositories/team%2Fapp/manifests/${amd64.digest}/config`);
      expect(config.body).toMatchObject({
        platform: { os: 'linux', architecture: 'amd64' },
        history: [
          { createdBy: 'ADD file', layer: { size: 100 } },
          { createdBy: 'ENV A=1', layer: null },
        ],
        document: { architecture: 'amd64' },
      });
      const index = await ask(world, '/repositories/team%2Fapp/manifests/multi');
      expect(index.body).toMatchObject({ kind: 'index', manifests: [{ kind: 'image' }, { kind: 'image' }] });
      expect((await ask(world, '/repositories/team%2Fapp/manifests/multi/config')).status).toBe(400);
      const tags = await ask(world, `/repositories/team%2Fapp/manifests/${amd64.digest}/tags`);
      expect(namesIn(tags.body)).toEqual(['1.0', 'stable']);
    });

    test('a repository that the caller may not pull is answered like an unknown one', async () => {
      const digest = amd64.digest;
      for (const path of [
        '',
        '/tags',
        '/manifests/latest',
        `/manifests/${digest}`,
        '/manifests/latest/config',
      ]) {
        const denied = await ask(world, `/repositories/other%2Fapp${path}`, { by: 'dev-1' });
        const unknown = await ask(world, `/repositories/other%2Fnothing${path}`, { by: 'dev-1' });
        expect(denied.status).toBe(404);
        expect(denied.body).toMatchObject({ code: 'no_such_image' });
        expect(unknown.text.replaceAll('other/nothing', 'other/app')).toBe(denied.text);
      }
      expect((await ask(world, '/repositories/team%2Fnothing/tags', { by: 'dev-1' })).status).toBe(404);
      expect((await ask(world, '/repositories/team%2Fapp/manifests/none')).status).toBe(404);
    });

    test('the digest of another repository is not found', async () => {
      await ask(world, `/repositories/team%2Fapp/manifests/${amd64.digest}`);
      const path = `/repositories/other%2Fapp/manifests/${amd64.digest}`;
      expect((await ask(world, path)).status).toBe(404);
    });

    test('access names who may do what, and through which role, grant or rule', async () => {
      const { body } = await ask(world, '/repositories/team%2Fapp/access');
      const { items } = body as { items: (Item & Record<string, unknown>)[] };
      expect(items.find(({ name, domain }) => name === 'dev-1' && domain === 'private')).toMatchObject({
        kind: 'user',
        actions: ['pull', 'push', 'delete'],
        by: [expect.stringContaining('team/**')],
      });
      expect(items.find(({ domain }) => domain === 'public')).toMatchObject({ kind: 'anonymous' });
      const own = await ask(world, '/repositories/team%2Fapp/access', { by: 'dev-1' });
      expect([own.status, own.body]).toMatchObject([403, { code: 'forbidden' }]);
    });

    test('deletion needs the right delete: 403 for those who may only pull, 404 for others', async () => {
      await world.push.image('other/kept', { layer: 'kept' }, 'latest');
      for (const path of ['/tags/latest', `/manifests/sha256:${'0'.repeat(64)}`]) {
        const url = `/repositories/other%2Fkept${path}`;
        const reader = await ask(world, url, { by: 'reader-1', method: 'delete' });
        expect([reader.status, reader.body]).toMatchObject([403, { code: 'forbidden' }]);
        const stranger = await ask(world, url, { by: 'dev-1', method: 'delete' });
        expect([stranger.status, stranger.body]).toMatchObject([404, { code: 'no_such_image' }]);
      }
      expect(namesIn((await ask(world, '/repositories/other%2Fkept/tags')).body)).toEqual(['latest']);
    });

    test('deleting a tag names its siblings, or leaves them', async () => {
      const image = await world.push.image('team/old', { layer: 'old' }, '1', 'also-1');
      await world.push.image('team/old', { layer: 'other' }, '2');
      const remove = (path: string) => ask(world, path, { by: 'dev-1', method: 'delete' });
      const first = await remove('/repositories/team%2Fold/tags/1');
      const left = namesIn((await ask(world, '/repositories/team%2Fold/tags')).body);
      if (version === '2.8') {
        expect([first.status, first.body]).toMatchObject([409, { code: 'tag_has_siblings' }]);
        expect((first.body as { detail: string }).detail).toContain('also-1');
        expect(left).toEqual(['1', '2', 'also-1']);
        expect((await remove('/repositories/team%2Fold/tags/1?siblings=true')).status).toBe(204);
      } else {
        expect(first.status).toBe(204);
        expect(left).toEqual(['2', 'also-1']);
        const digest = `/repositories/team%2Fold/manifests/${image.digest}`;
        expect((await remove(digest)).status).toBe(204);
        expect((await remove(digest)).status).toBe(404);
      }
      expect(namesIn((await ask(world, '/repositories/team%2Fold/tags')).body)).toEqual(['2']);
      expect((await remove('/repositories/team%2Fold/tags/2')).status).toBe(204);
      expect((await remove('/repositories/team%2Fold/tags/2')).status).toBe(404);
      const { stdout } = await world.server.must(['audit', '--outcome', 'changed', '--limit', '20']);
      expect(stdout).toContain('team/old');
      expect(stdout).toContain('api: dev-1');
    });

    test('a registry with deletion switched off deletes nothing, and the error says how to switch it on', async () => {
      const off = await startWorld(version, false);
      const { digest } = await off.push.image('team/app', { layer: 'x' }, '1.0');
      for (const path of ['/tags/1.0', `/manifests/${digest}`]) {
        const { status, body } = await ask(off, `/repositories/team%2Fapp${path}`, { method: 'delete' });
        expect([status, body]).toMatchObject([409, { code: 'deletion_is_off' }]);
        expect((body as { detail: string }).detail).toContain('REGISTRY_STORAGE_DELETE_ENABLED=true');
      }
      expect(namesIn((await ask(off, '/repositories/team%2Fapp/tags')).body)).toEqual(['1.0']);
    });

    test.runIf(waits(version))('while the registry is down, the list stays and says so', async () => {
      await expect
        .poll(async () => (await ask(down, '/repositories')).body as unknown, { timeout: 15_000 })
        .toMatchObject({
          items: [{ name: 'team/app' }],
          problem: expect.stringContaining(down.registry.url),
        });
      const tags = await ask(down, '/repositories/team%2Fapp/tags');
      expect([tags.status, tags.body]).toMatchObject([502, { code: 'registry_unreachable' }]);
    });
  });
}
