import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { openKeyRing } from '../../src/keys/open-key-ring.ts';
import { operatorTokens } from '../../src/admin/operator-token.ts';
import { dockpassHome, type DockpassHome } from '../support/dockpass/dockpass.ts';
import { needs } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { registryPart, startRegistry, type Registry } from '../support/registry/registry.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Starts a registry that requires tokens and trusts the keys of `home`. */
function guardedRegistry(version: '2.8' | '3.1', home: DockpassHome, deletes: boolean): Promise<Registry> {
  return startRegistry(version, {
    config: {
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: 'replaced' }, delete: { enabled: deletes } },
      http: { addr: 'replaced', relativeurls: true },
      auth: {
        token: {
          realm: 'https://unused.example.com/auth/token',
          service: 'registry',
          issuer: 'dockpass',
          rootcertbundle: join(home.directory, 'keys', 'rootcertbundle.pem'),
        },
      },
    },
  });
}

type Push = (repository: string, manifest: Uint8Array, ...tags: string[]) => Promise<string>;

/** Returns a function that pushes as a client does, with tokens that are signed with the keys of `home`. */
async function pusher(home: DockpassHome, registry: Registry): Promise<Push> {
  const environment = { DOCKPASS_KEYS_DIRECTORY: join(home.directory, 'keys') };
  const config = await loadConfig({ environment });
  const authorize = operatorTokens(await openKeyRing(config.keys, systemClock), config, systemClock);
  return async (repository, manifest, ...tags) => {
    const scope = { type: 'repository', class: undefined, name: repository, actions: ['pull', 'push'] };
    const Authorization = `Bearer ${await authorize(scope)}`;
    const send = async (method: string, url: string, type: string, body?: Uint8Array | string) => {
      const answer = await fetch(new URL(url, registry.url), {
        method,
        headers: { Authorization, 'Content-Type': type },
        body: (body as string | undefined) ?? null,
      });
      if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
      return answer;
    };
    const started = await send('POST', `/v2/${repository}/blobs/uploads/`, 'application/octet-stream');
    const upload = new URL(started.headers.get('Location') ?? '', registry.url);
    upload.searchParams.set('digest', emptyConfig.digest);
    await send('PUT', upload.href, 'application/octet-stream', '{}');
    for (const tag of tags) await send('PUT', `/v2/${repository}/manifests/${tag}`, manifestType, manifest);
    return digestOf(manifest);
  };
}

const emptyConfig = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: digestOf('{}'),
  size: 2,
};

function newManifest(): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: emptyConfig,
      layers: [],
      annotations: { unlike: randomBytes(8).toString('hex') },
    }),
  );
}

function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function namesIn(json: string): string[] {
  return (JSON.parse(json) as { name: string }[]).map(({ name }) => name);
}

for (const version of ['2.8', '3.1'] as const) {
  needs(registryPart(version))(`dockpass repo on registry ${version}`, () => {
    let home: DockpassHome;
    let registry: Registry;
    let push: Push;
    const repo = (...args: string[]) => home.cli(['repo', ...args, '--registry', registry.url]);

    beforeAll(async () => {
      home = await dockpassHome();
      await home.must(['keys', 'create', '--new-authority']);
      registry = await guardedRegistry(version, home, true);
      push = await pusher(home, registry);
    });

    test('list shows all repositories, over several pages', async () => {
      const names = Array.from({ length: 205 }, (_, at) => `many/repository-${String(at).padStart(3, '0')}`);
      const manifest = newManifest();
      await Promise.all(names.map((name) => push(name, manifest, 'latest')));
      const { status, stdout, stderr } = await repo('list', '--json');
      expect([status, stderr]).toEqual([0, '']);
      expect(namesIn(stdout).filter((name) => name.startsWith('many/'))).toEqual(names);
      expect((await repo('list')).stdout.split('\n')).toContain('many/repository-204');
    });

    test('without --registry, uses the first registry of the configuration', async () => {
      const env = { DOCKPASS_REGISTRIES: `${registry.url},http://127.0.0.1:1` };
      const { status, stdout } = await home.cli(['repo', 'list'], { env });
      expect([status, stdout]).toEqual([0, (await repo('list')).stdout]);
    });

    test('tags shows the tags of one repository', async () => {
      await push('team/app', newManifest(), '1.0', 'stable');
      const { status, stdout } = await repo('tags', 'team/app', '--json');
      expect([status, namesIn(stdout).sort()]).toEqual([0, ['1.0', 'stable']]);
      const missing = await repo('tags', 'team/nothing');
      expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('team/nothing')]);
    });

    test('delete resolves a tag, names the other tags of the image, and keeps what the registry can keep', async () => {
      const digest = await push('team/old', newManifest(), '1', 'also-1');
      await push('team/old', newManifest(), '2');
      const { status, stderr } = await repo('delete', 'team/old:1', '--yes');
      expect(status).toBe(0);
      expect(stderr).toContain(digest);
      const left = namesIn((await repo('tags', 'team/old', '--json')).stdout);
      if (version === '2.8') {
        expect(stderr).toContain('this also deletes the tag also-1');
        expect(stderr).toContain('dockpass gc');
        expect(left).toEqual(['2']);
      } else {
        expect(stderr).toContain('the image keeps the tag also-1');
        expect(left).toEqual(['2', 'also-1']);
      }
    });

    test('delete of the last tag says how to delete the image', async () => {
      const digest = await push('team/last', newManifest(), 'last');
      const { status, stderr } = await repo('delete', 'team/last:last', '--yes');
      expect(status).toBe(0);
      expect(stderr).toContain(
        version === '2.8' ? 'dockpass gc' : `dockpass repo delete team/last@${digest}`,
      );
    });

    test('delete accepts a digest', async () => {
      const digest = await push('team/by-digest', newManifest(), 'first', 'second');
      const { status, stderr } = await repo('delete', `team/by-digest@${digest}`, '--yes');
      expect(status).toBe(0);
      expect(stderr).toMatch(/first, second|second, first/);
      const again = await repo('delete', `team/by-digest@${digest}`, '--yes');
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining(digest)]);
    });

    test('delete without a terminal and without --yes deletes nothing', async () => {
      await push('team/kept', newManifest(), 'kept');
      const { status, stderr } = await repo('delete', 'team/kept:kept');
      expect([status, stderr]).toEqual([1, expect.stringContaining('--yes')]);
      expect(namesIn((await repo('tags', 'team/kept', '--json')).stdout)).toEqual(['kept']);
    });

    test('delete names the setting to change if the registry has deletion disabled', async () => {
      const off = await guardedRegistry(version, home, false);
      await (
        await pusher(home, off)
      )('team/app', newManifest(), 'x');
      const { status, stderr } = await home.cli([
        'repo',
        'delete',
        'team/app:x',
        '--yes',
        '--registry',
        off.url,
      ]);
      expect(status).toBe(1);
      expect(stderr).toContain('REGISTRY_STORAGE_DELETE_ENABLED=true');
      expect(stderr).toContain('storage.delete.enabled: true');
    });

    test('list names rootcertbundle if the registry trusts other keys', async () => {
      const stranger = await dockpassHome();
      await stranger.must(['keys', 'create', '--new-authority']);
      const { status, stderr } = await stranger.cli(['repo', 'list', '--registry', registry.url]);
      expect([status, stderr]).toEqual([1, expect.stringContaining('rootcertbundle')]);
    });
  });
}

needs()('dockpass repo without a registry', () => {
  test.each([['list'], ['tags', 'team/app'], ['delete', 'team/app:1', '--yes']])(
    '%s names the address that it tried, and what to do',
    async (...args) => {
      const home = await dockpassHome();
      await home.must(['keys', 'create', '--new-authority']);
      const closedUrl = `http://127.0.0.1:${await freePort()}`;
      const { status, stderr } = await home.cli(['repo', ...args, '--registry', closedUrl]);
      expect(status).toBe(1);
      expect(stderr).toContain(closedUrl);
      expect(stderr).toContain('--registry URL');
    },
  );

  test.each([
    ['delete', 'team/app', '--yes'],
    ['delete', 'team/app@latest', '--yes'],
    ['delete', 'localhost:5000/app', '--yes'],
    ['tags', 'team/app', '--registry', 'localhost:5000'],
  ])('%s %s is a usage error', async (...args) => {
    const home = await dockpassHome();
    expect((await home.cli(['repo', ...args])).status).toBe(2);
  });
});
