import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
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
import {
  isFullMatrix,
  ofEachKind,
  startSetup,
  type RunningSetup,
} from '../support/edge/registry-behind-edge.ts';
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

// Pushes and pulls that are more demanding than one small image, through an edge, a registry and its token server.

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

const recordResult = formResults('protocol');

for (const setup of ofEachKind) {
  const { registry: version, edge } = setup;
  needs(...engineParts, ...([registryPart(version), edge, 'crane', 'skopeo', 'curl', 'openssl'] as const))(
    `registry ${version} behind ${edge}`,
    () => {
      let running: RunningSetup;
      let crane: Client;
      let env: Readonly<Record<string, string>>;
      beforeAll(async () => {
        running = await startSetup(setup);
        await running.addUser('alice', password);
        crane = await craneClient();
        env = { SSL_CERT_FILE: running.trust.certificateFile };
        await crane.login(running.privately, 'alice', password);
      });

      /** Copies an image with all its platforms from the public domain, without a login. @returns its manifest */
      async function pulled(name: string): Promise<{ manifests?: unknown[]; layers?: unknown[] }> {
        const anyone = await skopeoClient();
        const trust = ['--src-cert-dir', running.trust.certificateDirectory];
        await anyone.must(['copy', '--all', ...trust, `docker://${running.publicly}/${name}`, 'dir:copy']);
        const text = await readFile(join(anyone.directory, 'copy', 'manifest.json'), 'utf8');
        return JSON.parse(text) as { manifests?: unknown[]; layers?: unknown[] };
      }

      test('accepts a multi-architecture index, from which docker pulls the image for its platform', () =>
        recordResult('multi-architecture index', setup, async () => {
          const name = `${running.privately}/team/many`;
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
          const here = await docker.must(['pull', `${running.publicly}/team/many:1`]);
          expect(here.output).toContain('Downloaded newer image');
          await docker.must(['rmi', `${running.publicly}/team/many:1`]);
        }));

      test('accepts an image with 100 layers', () =>
        recordResult('100 layers', setup, async () => {
          const layers: string[] = [];
          while (layers.length < 200) layers.push('--new_layer', (await handMadeImage(64)).layerFile);
          await crane.must(['append', ...layers, '--new_tag', `${running.privately}/team/deep:1`], { env });
          expect((await pulled('team/deep:1')).layers).toHaveLength(100);
        }));

      test('mounts a layer from another repository instead of receiving it again', () =>
        recordResult('cross-repository mount', setup, async () => {
          const docker = await dockerClient();
          const [first, second] = [`${running.privately}/team/first:1`, `${running.privately}/team/second:1`];
          await docker.login(running.privately, 'alice', password);
          await importImage(docker, first);
          await docker.must(['push', first]);
          await docker.must(['tag', first, second]);
          expect((await docker.must(['push', second])).output).toContain('Mounted from team/first');
          await docker.must(['rmi', first, second]);
          expect((await pulled('team/second:1')).layers).toHaveLength(1);
        }));

      test('accepts 20 pushes to one repository at once', () =>
        recordResult('20 pushes at once', setup, async () => {
          const tags = Array.from({ length: 20 }, (_, at) => `v${at}`);
          const images = await Promise.all(tags.map(() => handMadeImage()));
          await Promise.all(
            tags.map((tag, at) =>
              crane.must(['push', images[at]?.directory ?? '', `${running.privately}/team/busy:${tag}`], {
                env,
              }),
            ),
          );
          const { stdout } = await crane.must(['ls', `${running.privately}/team/busy`], { env });
          expect(stdout.trim().split('\n').sort()).toEqual([...tags].sort());
        }));

      test('accepts a token with 100 scopes and more than 8 KB', () =>
        recordResult('token of 100 scopes', setup, async () => {
          const { directory } = await handMadeImage();
          await crane.must(['push', directory, `${running.privately}/team/app-99:1`], { env });
          const curl = await curlClient();
          const trust = ['--cacert', running.trust.certificateFile, '--fail-with-body'];
          const scopes = Array.from({ length: 100 }, (_, at) => `scope=repository:team/app-${at}:pull,push`);
          const query = ['service=registry', ...scopes].flatMap((pair) => ['--data', pair]);
          const url = `https://${running.privately}/auth/token`;
          const answer = await curl.must([...trust, '--get', ...query, '--user', `alice:${password}`, url]);
          const { token } = JSON.parse(answer.stdout) as TokenAnswer;
          expect(token.length).toBeGreaterThan(8192);
          const bearer = ['--header', `Authorization: Bearer ${token}`];
          const tags = await curl.must([
            ...[...trust, ...bearer],
            `https://${running.privately}/v2/team/app-99/tags/list`,
          ]);
          expect(JSON.parse(tags.stdout)).toEqual({ name: 'team/app-99', tags: ['1'] });
        }));
    },
  );
}

describe('a push that takes longer than a pull token is valid', () => {
  for (const version of isFullMatrix ? registryVersions : (['2.8', '3.1'] as const)) {
    needs(registryPart(version), 'faketime')(`registry ${version}`, () => {
      test('completes with the token that it started with', async () => {
        // A registry accepts a token for 60 seconds after it expires. The clock of this token server is 60 seconds
        // behind, so that the registry rejects the token as soon as its lifetime is over.
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
        await until('the pull token to be rejected', {}, async () => {
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
