import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildKitClient,
  craneClient,
  curlClient,
  dockerClient,
  skopeoClient,
  type Client,
} from '../support/clients.ts';
import { startServe, startUp, type DockpassServer } from '../support/dockpass.ts';
import { openDoor, type Door } from '../support/door.ts';
import { repository } from '../support/environment.ts';
import { atAnotherTime } from '../support/faketime.ts';
import { handMadeImage, importImage } from '../support/image.ts';
import { engineParts, findPart, needs, part } from '../support/parts.ts';
import { basic } from '../support/raw-http.ts';
import { until } from '../support/ready.ts';
import { registryPart, startRegistry, type Registry, type RegistryVersion } from '../support/registry.ts';
import { testAuthority, type TestAuthority } from '../support/tls.ts';

// Every form of push and pull that is more than one small image, through a registry, its token server and an edge.

const password = 'correct horse battery staple';
const shipped = await readFile(join(repository, 'registry-config.yml'), 'utf8');

async function startPair(
  version: RegistryVersion,
  tokens: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<{ server: DockpassServer; registry: Registry }> {
  const server = await startServe({ config: { publicDomains: ['127.0.0.1'], tokens }, env });
  await server.addUser('alice', password);
  const registry = await startRegistry(version, {
    config: shipped,
    env: {
      REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: join(server.directory, 'keys', 'rootcertbundle.pem'),
    },
  });
  return { server, registry };
}

interface TokenAnswer {
  readonly token: string;
}

for (const [version, edge] of [
  ['2.8', 'caddy'],
  ['3.1', 'nginx'],
] as const) {
  needs(...engineParts, ...([registryPart(version), edge, 'crane', 'skopeo', 'curl', 'openssl'] as const))(
    `registry ${version} behind ${edge}`,
    () => {
      let authority: TestAuthority;
      let door: Door;
      let crane: Client;
      let env: Readonly<Record<string, string>>;
      beforeAll(async () => {
        const { server, registry } = await startPair(version);
        authority = await testAuthority();
        door = await openDoor(edge, { authority, registry: registry.port, dockpass: server.port });
        crane = await craneClient();
        env = { SSL_CERT_FILE: authority.certificateFile };
        await crane.login(door.localhost, 'alice', password);
      });

      /** What anyone gets under the public name: all of it, copied to this machine. */
      async function pulled(name: string): Promise<{ manifests?: unknown[]; layers?: unknown[] }> {
        const anyone = await skopeoClient();
        const trust = ['--src-cert-dir', authority.certificateDirectory];
        await anyone.must(['copy', '--all', ...trust, `docker://${door.loopback}/${name}`, 'dir:got']);
        const text = await readFile(join(anyone.directory, 'got', 'manifest.json'), 'utf8');
        return JSON.parse(text) as { manifests?: unknown[]; layers?: unknown[] };
      }

      it('carries a multi-architecture index, of which docker takes what fits', async () => {
        const name = `${door.localhost}/team/many`;
        const platforms = ['linux/amd64', 'linux/arm64'];
        for (const platform of platforms) {
          const tag = `${name}:${platform.slice(6)}`;
          await crane.must(['push', (await handMadeImage()).directory, tag], { env });
          await crane.must(['mutate', tag, '--set-platform', platform, '--tag', tag], { env });
        }
        const manifests = platforms.flatMap((platform) => ['--manifest', `${name}:${platform.slice(6)}`]);
        await crane.must(['index', 'append', ...manifests, '--tag', `${name}:1`], { env });
        expect((await pulled('team/many:1')).manifests).toHaveLength(2);
        const docker = await dockerClient();
        const here = await docker.must(['pull', `${door.loopback}/team/many:1`]);
        expect(here.output).toContain('Downloaded newer image');
        await docker.must(['rmi', `${door.loopback}/team/many:1`]);
      });

      it('carries an image of 100 layers', async () => {
        const layers: string[] = [];
        while (layers.length < 200) layers.push('--new_layer', (await handMadeImage(64)).layerFile);
        await crane.must(['append', ...layers, '--new_tag', `${door.localhost}/team/deep:1`], { env });
        expect((await pulled('team/deep:1')).layers).toHaveLength(100);
      });

      it('mounts a layer from another repository instead of taking it again', async () => {
        const docker = await dockerClient();
        const [first, second] = [`${door.localhost}/team/first:1`, `${door.localhost}/team/second:1`];
        await docker.login(door.localhost, 'alice', password);
        await importImage(docker, first);
        await docker.must(['push', first]);
        await docker.must(['tag', first, second]);
        expect((await docker.must(['push', second])).output).toContain('Mounted from team/first');
        await docker.must(['rmi', first, second]);
        expect((await pulled('team/second:1')).layers).toHaveLength(1);
      });

      it('takes 20 pushes to one repository at once', async () => {
        const tags = Array.from({ length: 20 }, (_, at) => `v${at}`);
        const images = await Promise.all(tags.map(() => handMadeImage()));
        await Promise.all(
          tags.map((tag, at) =>
            crane.must(['push', images[at]?.directory ?? '', `${door.localhost}/team/busy:${tag}`], { env }),
          ),
        );
        const { stdout } = await crane.must(['ls', `${door.localhost}/team/busy`], { env });
        expect(stdout.trim().split('\n').sort()).toEqual([...tags].sort());
      });
    },
  );
}

// Not every engine has it, so a machine without is no failure.
describe.skipIf(findPart('docker-buildkit') === undefined)('BuildKit', () => {
  needs(
    ...engineParts,
    'registry-3.1',
    'nginx',
    'crane',
  )('registry 3.1 behind nginx', () => {
    it('builds on a private image with a login, and is refused without', async () => {
      // For BuildKit localhost means plain HTTP.
      const words = ['--tls', 'off', '--registry', part('registry-3.1'), '--edge', part('nginx')];
      const up = await startUp({ tls: false, args: words });
      await up.addUser('alice', password);
      const registry = `localhost:${up.edgePort}`;
      const crane = await craneClient();
      await crane.login(registry, 'alice', password);
      await crane.must(['push', (await handMadeImage()).directory, `${registry}/team/base:1`]);
      const build = (docker: Client) =>
        docker.run(['build', '--no-cache', '--progress', 'plain', '--tag', 'built.example.test/app', '-'], {
          input: `FROM ${registry}/team/base:1\nLABEL made=here\n`,
        });
      const refused = await build(await buildKitClient());
      expect(refused.status, refused.output).not.toBe(0);
      expect(refused.output).toMatch(/401 Unauthorized/);
      const alice = await buildKitClient();
      await alice.login(registry, 'alice', password);
      expect(await build(alice)).toMatchObject({ status: 0 });
      await alice.must(['rmi', 'built.example.test/app']);
    });
  });
});

describe('a token of 100 scopes and more than 8 KB', () => {
  for (const version of ['2.8', '3.1'] as const) {
    for (const edge of ['caddy', 'nginx'] as const) {
      needs(
        registryPart(version),
        edge,
        'curl',
        'crane',
        'openssl',
      )(`registry ${version} behind ${edge}`, () => {
        it('is handed out through the edge and taken behind it', async () => {
          const { server, registry } = await startPair(version);
          const authority = await testAuthority();
          const door = await openDoor(edge, { authority, registry: registry.port, dockpass: server.port });
          const env = { SSL_CERT_FILE: authority.certificateFile };
          const crane = await craneClient();
          await crane.login(door.localhost, 'alice', password);
          const { directory } = await handMadeImage();
          await crane.must(['push', directory, `${door.localhost}/team/app-99:1`], { env });

          const curl = await curlClient();
          const trust = ['--cacert', authority.certificateFile, '--fail-with-body'];
          const scopes = Array.from({ length: 100 }, (_, at) => `scope=repository:team/app-${at}:pull,push`);
          const query = ['service=registry', ...scopes].flatMap((pair) => ['--data', pair]);
          const url = `https://${door.localhost}/auth/token`;
          const answer = await curl.must([...trust, '--get', ...query, '--user', `alice:${password}`, url]);
          const { token } = JSON.parse(answer.stdout) as TokenAnswer;
          expect(token.length).toBeGreaterThan(8192);
          const bearer = ['--header', `Authorization: Bearer ${token}`];
          const tags = await curl.must([
            ...[...trust, ...bearer],
            `https://${door.localhost}/v2/team/app-99/tags/list`,
          ]);
          expect(JSON.parse(tags.stdout)).toEqual({ name: 'team/app-99', tags: ['1'] });
        });
      });
    }
  }
});

describe('a push that takes longer than a pull token lives', () => {
  for (const version of ['2.8', '3.1'] as const) {
    needs(registryPart(version), 'faketime')(`registry ${version}`, () => {
      it('goes on to its end with the token that it began with', async () => {
        // A registry takes a token for 60 s more than it says. A token server that is 60 s behind takes that away.
        const { server, registry } = await startPair(
          version,
          { pullLifetime: '2s', pushLifetime: '1h' },
          await atAnotherTime('-60s'),
        );
        const tokenFor = async (actions: string): Promise<Record<string, string>> => {
          const url = `http://localhost:${server.port}/auth/token?service=registry&scope=repository:team/app:${actions}`;
          const answer = await fetch(url, { headers: { Authorization: basic('alice', password) } });
          const { token } = (await answer.json()) as TokenAnswer;
          return { Authorization: `Bearer ${token}` };
        };
        const push = await tokenFor('pull,push');
        const image = await handMadeImage();
        const layer = await readFile(image.layerFile);
        const half = Math.floor(layer.length / 2);
        const begun = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, {
          method: 'POST',
          headers: push,
        });
        expect(begun.status).toBe(202);
        const send = async (location: string | null, bytes: Buffer, from: number): Promise<Response> =>
          fetch(new URL(location ?? '', registry.url), {
            method: 'PATCH',
            body: new Uint8Array(bytes),
            headers: {
              ...push,
              'Content-Type': 'application/octet-stream',
              'Content-Range': `${from}-${from + bytes.length - 1}`,
            },
          });
        const firstHalf = await send(begun.headers.get('location'), layer.subarray(0, half), 0);
        expect(firstHalf.status).toBe(202);

        const pull = await tokenFor('pull');
        await until('the pull token to be refused', {}, async () => {
          const { status } = await fetch(`${registry.url}/v2/`, { headers: pull });
          return status === 401 ? true : undefined;
        });

        const secondHalf = await send(firstHalf.headers.get('location'), layer.subarray(half), half);
        expect(secondHalf.status).toBe(202);
        const end = new URL(secondHalf.headers.get('location') ?? '', registry.url);
        end.searchParams.set('digest', image.layerDigest);
        expect((await fetch(end, { method: 'PUT', headers: push })).status).toBe(201);
      });
    });
  }
});
