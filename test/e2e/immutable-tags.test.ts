import { beforeAll, expect, test } from 'vitest';
import { adapters, slugOf } from '../support/client/client-commands.ts';
import { isFullMatrix, startSetup, type RunningSetup } from '../support/edge/registry-behind-edge.ts';
import { registerSecret } from '../support/run/evidence.ts';
import { needs } from '../support/run/parts.ts';

// What people see if they push another image to a tag that is immutable.

const password = 'correct horse battery staple';
registerSecret(password);

/** The clients that show the message of an answer with 403. The others show only the status. */
const shows: ReadonlySet<string> = new Set(['docker', 'docker 29', 'crane', 'regctl']);
const quick: ReadonlySet<string> = new Set(['docker', 'docker 29', 'skopeo']);
const full: ReadonlySet<string> = new Set([...quick, 'podman', 'buildah', 'ctr', 'crane', 'regctl']);
const tested = adapters.filter(({ name }) => (isFullMatrix ? full : quick).has(name));

needs('registry-2.8', 'caddy')('immutable tags', () => {
  let running: RunningSetup;
  beforeAll(async () => {
    const setup = { registry: '2.8', edge: 'caddy' } as const;
    running = await startSetup(setup, { config: { immutableTags: ['release/**:v*'] } });
    await running.addUser('alice', password);
  });

  for (const client of tested) {
    needs(...client.needs)(client.name, () => {
      test('pushes a release once', async () => {
        const alice = await client.person(running.trust);
        expect(await alice.login(running.privately, 'alice', password)).toMatchObject({ status: 0 });
        const name = `${running.privately}/release/${slugOf(client)}:v1`;
        expect(await alice.push(name)).toMatchObject({ status: 0 });
        const again = await alice.push(name);
        expect(again.status).not.toBe(0);
        if (shows.has(client.name))
          expect(again.output).toMatch(/tag release\/\S+:v1 already exists and is immutable/);
        expect(await alice.push(`${running.privately}/release/${slugOf(client)}:latest`)).toMatchObject({
          status: 0,
        });
      });
    });
  }
});
