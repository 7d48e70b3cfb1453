import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { craneClient } from '../support/client/clients.ts';
import { formResults } from '../support/client/form-results.ts';
import { isFullMatrix, ofEachKind, startSetup, type Setup } from '../support/edge/registry-behind-edge.ts';
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

const recordResult = formResults('large');

/** 1 GiB in the full matrix. To save time, CI uses a layer of 128 MiB: what passes through Node does not depend on it. */
const size = isFullMatrix ? gibibyte : gibibyte / 8;

describe('a large layer', () => {
  let image: HandMadeImage;
  beforeAll(async () => {
    image = await handMadeImage(size);
  });

  for (const setup of ofEachKind) {
    const { registry, edge } = setup;
    const measure = (): Promise<void> => pushAndPull(image, setup);
    needs(
      registryPart(registry),
      edge,
      'crane',
      'curl',
    )(`registry ${registry} behind ${edge}`, () => {
      test(
        `of ${size >> 20} MiB is pushed and pulled; less than 1 MB of it passes through the Node process or is written to the edge’s disk`,
        { timeout: 3 * timeout },
        () => (size === gibibyte ? recordResult('layer of 1 GiB', setup, measure) : measure()),
      );
    });
  }
});

async function pushAndPull(image: HandMadeImage, setup: Setup): Promise<void> {
  const running = await startSetup(setup);
  await running.addUser('alice', password);
  const crane = await craneClient();
  const { certificateFile } = running.trust;
  const env = { SSL_CERT_FILE: certificateFile };
  expect((await crane.login(running.privately, 'alice', password)).status).toBe(0);
  const edges = running.edgePids();
  expect(edges).not.toEqual([]);
  const onEdgesDisk = (): number => edges.reduce((sum, pid) => sum + ioOf(pid).onDisk, 0);
  const spooledBefore = onEdgesDisk();
  const before = ioOf(running.process.pid);

  await crane.must(['push', image.directory, `${running.privately}/large:1`], { env, timeout });
  // Upload the same bytes again with user name and password, which the edge exchanges for a token in each request.
  const args = ['--cacert', certificateFile, '--user', `alice:${password}`];
  await uploadByBasic(`https://${running.privately}`, 'by-hand', image, args, timeout);
  const blob = `${running.publicly}/large@${image.layerDigest}`;
  const pulled = await mustRun('bash', ['-c', `'${crane.command}' blob '${blob}' | sha256sum`], {
    env: { ...env, DOCKER_CONFIG: crane.directory, HOME: crane.directory },
    timeout,
  });

  const after = ioOf(running.process.pid);
  expect(pulled.stdout).toContain(image.layerDigest.slice('sha256:'.length));
  expect(after.read - before.read).toBeLessThan(megabyte);
  expect(after.written - before.written).toBeLessThan(megabyte);
  expect(onEdgesDisk() - spooledBefore).toBeLessThan(megabyte);
  await running.process.stop();
  await rm(running.storage, { recursive: true });
}
