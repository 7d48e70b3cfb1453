import { beforeAll, expect, test } from 'vitest';
import { dockerClient, type Client } from '../support/client/clients.ts';
import { startUp, type DockpassUp } from '../support/dockpass/dockpass.ts';
import { until } from '../support/process/ready.ts';
import { importImage } from '../support/registry/image.ts';
import { rawPusher, type RawPusher } from '../support/registry/raw-pusher.ts';
import { engine29Parts, needs, part } from '../support/run/parts.ts';

// What a person with docker 29 sees while pushes are stopped. An engine that stores images in containerd prints the
// message of the answer. Debian's engine 20.10 prints only the status, after 50 seconds of new attempts.

const password = 'a long enough password';
const message =
  'garbage collection is running, so the registry accepts no new pushes. Pulls work. Try again in a few minutes.';

for (const edge of ['nginx', 'caddy'] as const) {
  needs(
    ...engine29Parts,
    'registry-3.1',
    edge,
  )(`docker 29 behind ${edge}`, () => {
    let up: DockpassUp;
    let docker: Client;
    let raw: RawPusher;
    let host: string;

    beforeAll(async () => {
      up = await startUp({
        tls: false,
        args: ['--tls', 'off', '--registry', part('registry-3.1'), '--edge', part(edge)],
        env: { user: 'ada', pass: password },
      });
      host = `localhost:${up.edgePort}`;
      raw = rawPusher(`http://${host}`, `ada:${password}`);
      docker = await dockerClient({ engine: 'dockerd-29' });
      expect(await docker.login(host, 'ada', password)).toMatchObject({ status: 0 });
      await importImage(docker, `${host}/app:old`);
      await docker.must(['push', `${host}/app:old`]);
      return async () => {
        await docker.run(['rmi', '--force', `${host}/app:old`, `${host}/app:new`, `${host}/app:next`]);
      };
    });

    /** Pulls the image with this name, and removes it first, so that the engine must download it. */
    async function pullAgain(name: string): Promise<void> {
      await docker.must(['rmi', '--force', name]);
      await docker.must(['pull', name]);
    }

    /** Pushes a new image, which docker must say is not possible now, and pulls another one. */
    async function expectNoPush(name: string): Promise<void> {
      await importImage(docker, name);
      const denied = await docker.run(['push', name]);
      expect(denied.status).not.toBe(0);
      expect(denied.output).toContain(message);
      await pullAgain(`${host}/app:old`);
    }

    const untilStopped = () =>
      until('pushes to stop', { part: up.process }, async () => {
        const { status } = await raw.send('PUT', '/v2/new/manifests/1', '{}');
        return status === 503 ? true : undefined;
      });

    test('says that garbage collection is running, still pulls, and pushes afterwards', async () => {
      const config = await raw.layer('begun', '{}');
      const upload = await raw.begin('begun');
      const collection = up.cli(['gc', '--wait', '10m']);
      await untilStopped();

      await expectNoPush(`${host}/app:new`);

      await raw.manifest('begun', '1', config, [await raw.finish(upload, 'a layer')]);
      expect(await collection).toMatchObject({ status: 0 });
      await docker.must(['push', `${host}/app:new`]);
      await pullAgain(`${host}/app:new`);
    });

    test('prints the same after dockpass writes stop', async () => {
      await up.must(['writes', 'stop']);
      await untilStopped();
      await expectNoPush(`${host}/app:next`);
      await up.must(['writes', 'start']);
      await until('pushes to work', { part: up.process }, async () => {
        const { status } = await raw.send('PUT', '/v2/new/manifests/1', '{}');
        return status === 503 ? undefined : true;
      });
      await docker.must(['push', `${host}/app:next`]);
    });
  });
}
