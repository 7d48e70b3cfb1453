import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { craneClient } from '../support/client/clients.ts';
import { formResults } from '../support/client/form-results.ts';
import {
  isFullMatrix,
  ofEachKind,
  startHouse,
  type Household,
} from '../support/edge/registry-behind-edge.ts';
import { handMadeImage, type HandMadeImage } from '../support/registry/image.ts';
import { needs } from '../support/run/parts.ts';
import { ioOf } from '../support/process/process-io.ts';
import { registryPart } from '../support/registry/registry.ts';
import { mustRun } from '../support/process/run.ts';
import { uploadByBasic } from '../support/registry/upload-by-basic.ts';

const gibibyte = 1 << 30;
const megabyte = 1_000_000;
const password = 'correct horse battery staple';
const timeout = 180_000;

const as = formResults('large');

/** Behind the first edge a GiB; behind the others an eighth shows the same, where there is no time for more. */
const sizeFor = (household: Household): number =>
  isFullMatrix || household === ofEachKind[0] ? gibibyte : gibibyte / 8;

describe('a large layer', () => {
  const images = new Map<number, HandMadeImage>();
  beforeAll(async () => {
    for (const size of new Set(ofEachKind.map(sizeFor))) images.set(size, await handMadeImage(size));
  });

  for (const household of ofEachKind) {
    const { registry, edge } = household;
    const size = sizeFor(household);
    const walk = (): Promise<void> => pushAndPull(images.get(size) as HandMadeImage, household);
    needs(
      registryPart(registry),
      edge,
      'crane',
      'curl',
    )(`registry ${registry} behind ${edge}`, () => {
      it(
        `of ${size >> 20} MiB is pushed and pulled; under 1 MB of it all passes through the Node process or lies on the edge’s disk`,
        { timeout: 3 * timeout },
        () => (size === gibibyte ? as('layer of 1 GiB', household, walk) : walk()),
      );
    });
  }
});

async function pushAndPull(image: HandMadeImage, household: Household): Promise<void> {
  const house = await startHouse(household);
  await house.addUser('alice', password);
  const crane = await craneClient();
  const { certificateFile } = house.trust;
  const env = { SSL_CERT_FILE: certificateFile };
  expect((await crane.login(house.privately, 'alice', password)).status).toBe(0);
  const edges = house.edgePids();
  expect(edges).not.toEqual([]);
  const onEdgesDisk = (): number => edges.reduce((sum, pid) => sum + ioOf(pid).onDisk, 0);
  const spooledBefore = onEdgesDisk();
  const before = ioOf(house.process.pid);

  await crane.must(['push', image.directory, `${house.privately}/large:1`], { env, timeout });
  // The same bytes again by name and password, which the edge changes into a token with each request.
  const words = ['--cacert', certificateFile, '--user', `alice:${password}`];
  await uploadByBasic(`https://${house.privately}`, 'by-hand', image, words, timeout);
  const blob = `${house.publicly}/large@${image.layerDigest}`;
  const pulled = await mustRun('bash', ['-c', `'${crane.command}' blob '${blob}' | sha256sum`], {
    env: { ...env, DOCKER_CONFIG: crane.directory, HOME: crane.directory },
    timeout,
  });

  const after = ioOf(house.process.pid);
  expect(pulled.stdout).toContain(image.layerDigest.slice('sha256:'.length));
  expect(after.read - before.read).toBeLessThan(megabyte);
  expect(after.written - before.written).toBeLessThan(megabyte);
  expect(onEdgesDisk() - spooledBefore).toBeLessThan(megabyte);
  await house.process.stop();
  await rm(house.storage, { recursive: true });
}
