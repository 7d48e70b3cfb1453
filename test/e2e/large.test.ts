import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { craneClient, curlClient } from '../support/clients.ts';
import { startUp } from '../support/dockpass.ts';
import { handMadeImage, type HandMadeImage } from '../support/image.ts';
import { needs, part } from '../support/parts.ts';
import { ioOf } from '../support/process-io.ts';
import { mustRun } from '../support/run.ts';

const gibibyte = 1 << 30;
const megabyte = 1_000_000;
const password = 'correct horse battery staple';
const timeout = 180_000;

needs(
  'registry-2.8',
  'caddy',
  'nginx',
  'crane',
  'curl',
)('a layer of 1 GiB', () => {
  let image: HandMadeImage;
  beforeAll(async () => {
    image = await handMadeImage(gibibyte);
  });

  it.each(['caddy', 'nginx'] as const)(
    'is pushed and pulled through %s; under 1 MB of it all passes through the Node process',
    { timeout },
    async (edge) => {
      const up = await startUp({
        args: ['--registry', part('registry-2.8'), '--edge', part(edge), '--public-domain', '127.0.0.1'],
      });
      await up.addUser('alice', password);
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: join(up.directory, 'data/up/tls/ca.crt') };
      const door = `localhost:${up.edgePort}`;
      expect((await crane.login(door, 'alice', password)).status).toBe(0);

      const before = ioOf(up.process.pid);
      await crane.must(['push', image.directory, `${door}/large:1`], { env, timeout });
      // The same bytes again by name and password, which the edge changes into a token with each request.
      const host = `https://${door}`;
      const curl = await curlClient();
      const words = ['--cacert', env.SSL_CERT_FILE, '--fail', '--user', `alice:${password}`];
      const begun = await curl.must([
        ...[...words, '--request', 'POST', '--dump-header', '-', '--output', '/dev/null'],
        `${host}/v2/by-hand/blobs/uploads/`,
      ]);
      const location = new URL(/^location: *(.*?)\r?$/im.exec(begun.stdout)?.[1] ?? '', host);
      location.searchParams.set('digest', image.layerDigest);
      await curl.must([...words, '--upload-file', image.layerFile, location.href], { timeout });

      const blob = `127.0.0.1:${up.edgePort}/large@${image.layerDigest}`;
      const pulled = await mustRun('bash', ['-c', `'${crane.command}' blob '${blob}' | sha256sum`], {
        env: { ...env, DOCKER_CONFIG: crane.directory, HOME: crane.directory },
        timeout,
      });
      const after = ioOf(up.process.pid);

      expect(pulled.stdout).toContain(image.layerDigest.slice('sha256:'.length));
      expect(after.read - before.read).toBeLessThan(megabyte);
      expect(after.written - before.written).toBeLessThan(megabyte);
      await up.process.stop();
      await rm(join(up.directory, 'data', 'registry'), { recursive: true });
    },
  );
});
