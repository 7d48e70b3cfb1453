import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adapters, slugOf, type Adapter } from '../support/client/client-commands.ts';
import { currentCommit, writeCountedResults, type CountedResult } from '../support/client/compatibility.ts';
import {
  isFullMatrix,
  startSetup,
  type RunningSetup,
  type Setup,
} from '../support/edge/registry-behind-edge.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { createPusher, mediaTypes, type Pushed, type Pusher } from '../support/registry/push.ts';
import { registryPart } from '../support/registry/registry.ts';
import { needs } from '../support/run/parts.ts';
import type { UsageView } from '../../src/usage/read-usage.ts';

// Each client pulls an image by its tag, an image for one platform from an index, and an image by its digest. Each of
// the three is one pull. localhost is the private domain, 127.0.0.1 the public domain.

const testedSetups: readonly Setup[] = [
  { registry: '2.8', edge: 'caddy' },
  { registry: '3.0', edge: 'caddy' },
  { registry: '3.1', edge: 'nginx' },
];
const quickClients: ReadonlySet<string> = new Set(['docker', 'docker 29', 'skopeo', 'ctr', 'crane']);
const fullClients: ReadonlySet<string> = new Set([
  ...quickClients,
  'podman',
  'buildah',
  'regctl',
  'oras',
  'kaniko',
]);

/** Registry 3.0 differs little from 3.1, so only the fastest client tests it by default. */
function clientsFor({ registry }: Setup): readonly Adapter[] {
  const names = isFullMatrix ? fullClients : registry === '3.0' ? new Set(['crane']) : quickClients;
  return adapters.filter(({ name, wantsPlainEdge }) => names.has(name) && wantsPlainEdge !== true);
}

/** Pushes a small image that every client can unpack. */
async function pushImage(pusher: Pusher, repository: string, ...tags: readonly string[]): Promise<Pushed> {
  const { directory, manifestDigest } = await handMadeImage();
  const blob = (digest: string) =>
    readFile(join(directory, 'blobs', 'sha256', digest.slice('sha256:'.length)));
  const manifest = JSON.parse((await blob(manifestDigest)).toString()) as {
    readonly config: Pushed;
    readonly layers: readonly Pushed[];
  };
  for (const { digest, mediaType } of [manifest.config, ...manifest.layers])
    await pusher.blob(repository, await blob(digest), mediaType);
  return pusher.manifest(repository, { mediaType: mediaTypes.manifest, ...manifest }, ...tags);
}

const results: CountedResult[] = [];
const versions: Record<string, string> = {};

afterAll(async () => {
  // The page shows all clients, so it is generated from a run of the full matrix.
  if (isFullMatrix)
    await writeCountedResults({
      commit: await currentCommit(),
      at: new Date().toISOString(),
      setups: testedSetups,
      ...{ versions, results },
    });
});

for (const setup of testedSetups) {
  needs(registryPart(setup.registry), setup.edge)(`registry ${setup.registry}`, () => {
    let running: RunningSetup;
    let pusher: Pusher;
    beforeAll(async () => {
      running = await startSetup(setup);
      const { ports } = running;
      pusher = await createPusher(running, { url: `http://127.0.0.1:${ports.registry}` });
    });

    let last = 0;

    /** Returns the usage of a repository, when all events up to now have arrived. The registry sends them in order. */
    async function usageOf(repository: string): Promise<readonly UsageView[]> {
      const marker = `marker-${++last}`;
      await pushImage(pusher, marker, 'last');
      const read = async (name: string): Promise<readonly UsageView[]> =>
        JSON.parse((await running.must(['usage', name, '--json'])).stdout) as UsageView[];
      await expect.poll(() => read(marker), { timeout: 20_000 }).toHaveLength(1);
      return read(repository);
    }

    for (const client of clientsFor(setup)) {
      needs(...client.needs)(client.name, () => {
        test('counts one pull as one: by tag, of an index, and by digest', async () => {
          const repository = `team/${slugOf(client)}`;
          await pushImage(pusher, repository, '1.0');
          const child = await pushImage(pusher, repository);
          const other = await pushImage(pusher, repository);
          const platform = { os: 'linux', architecture: 'amd64' };
          const index = {
            ...{ schemaVersion: 2, mediaType: mediaTypes.index },
            manifests: [
              { ...child, platform },
              { ...other, platform: { ...platform, architecture: 's390x' } },
            ],
          };
          await pusher.manifest(repository, index, 'multi');
          const single = await pushImage(pusher, `${repository}-by-digest`);

          const anyone = await client.person(running.trust);
          const names = [
            `${repository}:1.0`,
            `${repository}:multi`,
            `${repository}-by-digest@${single.digest}`,
          ];
          for (const name of names)
            expect(await anyone.pull(`${running.publicly}/${name}`)).toMatchObject({ status: 0 });
          const used = [...(await usageOf(repository)), ...(await usageOf(`${repository}-by-digest`))];
          const pulled = used.filter(({ pulls }) => pulls > 0);
          versions[client.name] ??= await client.version();
          results.push({
            client: client.name,
            registry: setup.registry,
            outcomes: names.map((name) => {
              const items = pulled.filter((item) => item.name === name);
              return items.length === 1 && items[0]?.pulls === 1 ? 'right' : 'wrong';
            }),
          });
          expect(
            pulled.map(({ name, domain, pulls, lastPulledBy }) => [name, domain, pulls, lastPulledBy]),
          ).toEqual(names.map((name) => [name, 'public', 1, null]));
          const fetched = used.find(({ digest, domain }) => digest === child.digest && domain === 'public');
          // The client fetches the image after its index, so a second can end between them.
          const [ofIndex, ofImage] = [pulled[1], fetched].map((item) => Date.parse(item?.lastPulledAt ?? ''));
          expect(ofImage).toBeGreaterThanOrEqual(ofIndex as number);
          expect(ofImage).toBeLessThan((ofIndex as number) + 10_000);
        });
      });
    }
  });
}
