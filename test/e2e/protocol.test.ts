import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  craneClient,
  curlClient,
  dockerClient,
  skopeoClient,
  type Client,
} from '../support/client/clients.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { atAnotherTime } from '../support/process/faketime.ts';
import { formResults } from '../support/client/form-results.ts';
import { isFullMatrix, ofEachKind, startHouse, type House } from '../support/edge/registry-behind-edge.ts';
import { handMadeImage, importImage } from '../support/registry/image.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { until } from '../support/process/ready.ts';
import {
  registryPart,
  registryVersions,
  startShippedRegistry,
  type Registry,
  type RegistryVersion,
} from '../support/registry/registry.ts';

// Every form of push and pull that is more than one small image, through a registry, its token server and an edge.

const password = 'correct horse battery staple';

async function startPair(
  version: RegistryVersion,
  tokens: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<{ server: DockpassServer; registry: Registry }> {
  const server = await startServe({ config: { publicDomains: ['127.0.0.1'], tokens }, env });
  await server.addUser('alice', password);
  return { server, registry: await startShippedRegistry(version, server) };
}

interface TokenAnswer {
  readonly token: string;
}

const as = formResults('protocol');

for (const household of ofEachKind) {
  const { registry: version, edge } = household;
  needs(...engineParts, ...([registryPart(version), edge, 'crane', 'skopeo', 'curl', 'openssl'] as const))(
    `registry ${version} behind ${edge}`,
    () => {
      let house: House;
      let crane: Client;
      let env: Readonly<Record<string, string>>;
      beforeAll(async () => {
        house = await startHouse(household);
        await house.addUser('alice', password);
        crane = await craneClient();
        env = { SSL_CERT_FILE: house.trust.certificateFile };
        await crane.login(house.privately, 'alice', password);
      });

      /** What anyone gets under the public name: all of it, copied to this machine. */
      async function pulled(name: string): Promise<{ manifests?: unknown[]; layers?: unknown[] }> {
        const anyone = await skopeoClient();
        const trust = ['--src-cert-dir', house.trust.certificateDirectory];
        await anyone.must(['copy', '--all', ...trust, `docker://${house.publicly}/${name}`, 'dir:got']);
        const text = await readFile(join(anyone.directory, 'got', 'manifest.json'), 'utf8');
        return JSON.parse(text) as { manifests?: unknown[]; layers?: unknown[] };
      }

      it('carries a multi-architecture index, of which docker takes what fits', () =>
        as('multi-architecture index', household, async () => {
          const name = `${house.privately}/team/many`;
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
          const here = await docker.must(['pull', `${house.publicly}/team/many:1`]);
          expect(here.output).toContain('Downloaded newer image');
          await docker.must(['rmi', `${house.publicly}/team/many:1`]);
        }));

      it('carries an image of 100 layers', () =>
        as('100 layers', household, async () => {
          const layers: string[] = [];
          while (layers.length < 200) layers.push('--new_layer', (await handMadeImage(64)).layerFile);
          await crane.must(['append', ...layers, '--new_tag', `${house.privately}/team/deep:1`], { env });
          expect((await pulled('team/deep:1')).layers).toHaveLength(100);
        }));

      it('mounts a layer from another repository instead of taking it again', () =>
        as('cross-repository mount', household, async () => {
          const docker = await dockerClient();
          const [first, second] = [`${house.privately}/team/first:1`, `${house.privately}/team/second:1`];
          await docker.login(house.privately, 'alice', password);
          await importImage(docker, first);
          await docker.must(['push', first]);
          await docker.must(['tag', first, second]);
          expect((await docker.must(['push', second])).output).toContain('Mounted from team/first');
          await docker.must(['rmi', first, second]);
          expect((await pulled('team/second:1')).layers).toHaveLength(1);
        }));

      it('takes 20 pushes to one repository at once', () =>
        as('20 pushes at once', household, async () => {
          const tags = Array.from({ length: 20 }, (_, at) => `v${at}`);
          const images = await Promise.all(tags.map(() => handMadeImage()));
          await Promise.all(
            tags.map((tag, at) =>
              crane.must(['push', images[at]?.directory ?? '', `${house.privately}/team/busy:${tag}`], {
                env,
              }),
            ),
          );
          const { stdout } = await crane.must(['ls', `${house.privately}/team/busy`], { env });
          expect(stdout.trim().split('\n').sort()).toEqual([...tags].sort());
        }));

      it('carries a token of 100 scopes and more than 8 KB', () =>
        as('token of 100 scopes', household, async () => {
          const { directory } = await handMadeImage();
          await crane.must(['push', directory, `${house.privately}/team/app-99:1`], { env });
          const curl = await curlClient();
          const trust = ['--cacert', house.trust.certificateFile, '--fail-with-body'];
          const scopes = Array.from({ length: 100 }, (_, at) => `scope=repository:team/app-${at}:pull,push`);
          const query = ['service=registry', ...scopes].flatMap((pair) => ['--data', pair]);
          const url = `https://${house.privately}/auth/token`;
          const answer = await curl.must([...trust, '--get', ...query, '--user', `alice:${password}`, url]);
          const { token } = JSON.parse(answer.stdout) as TokenAnswer;
          expect(token.length).toBeGreaterThan(8192);
          const bearer = ['--header', `Authorization: Bearer ${token}`];
          const tags = await curl.must([
            ...[...trust, ...bearer],
            `https://${house.privately}/v2/team/app-99/tags/list`,
          ]);
          expect(JSON.parse(tags.stdout)).toEqual({ name: 'team/app-99', tags: ['1'] });
        }));
    },
  );
}

describe('a push that takes longer than a pull token lives', () => {
  for (const version of isFullMatrix ? registryVersions : (['2.8', '3.1'] as const)) {
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
