import { readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { dockpassBin, startUp, type DockpassUp } from '../../support/dockpass/dockpass.ts';
import { start } from '../../support/process/process.ts';
import { until } from '../../support/process/ready.ts';
import { freePort } from '../../support/run/ports.ts';
import { needs, part } from '../../support/run/parts.ts';
import { rawPusher } from '../../support/registry/raw-pusher.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** The number of kills: 60 with `npm run test:soak`. */
const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 3 : 60;
const victims = ['up', 'collector', 'command'] as const;

needs('registry-3.1', 'caddy')('garbage collection that is killed', () => {
  test(`at ${rounds} random points: pushes work again, and no collector runs next to them`, async () => {
    const directory = await temporaryDirectory('killed');
    const registry = await slowCollector(directory);
    const ports = { edge: await freePort(), registry: await freePort(), events: await freePort() };
    const open = (): Promise<DockpassUp> =>
      startUp({
        directory,
        tls: false,
        edge: { port: ports.edge, name: '127.0.0.1' },
        args: ['--tls', 'off', '--registry', registry, '--edge', part('caddy')],
        env: {
          ...{ user: 'ada', pass: 'a long enough password', REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
          DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${ports.registry}`,
          DOCKPASS_EVENTS_LISTEN: `127.0.0.1:${ports.events}`,
        },
      });
    const client = rawPusher(`http://localhost:${ports.edge}`, 'ada:a long enough password');
    let up = await open();
    for (let round = 0; round < rounds; round += 1) {
      const victim = victims[round % victims.length] ?? 'up';
      const deleted = await client.image('app', 'deleted', `a layer of round ${round}`);
      await client.send('DELETE', `/v2/app/manifests/${deleted.digest}`);
      const command = await start(process.execPath, [dockpassBin, 'gc'], { cwd: directory, env: up.env });
      await until('the collection to begin', { part: up.process }, async () =>
        /pushes have to wait/.test(command.output()) ? true : undefined,
      );
      await wait(Math.random() * 3000);
      if (victim === 'command') command.signal('SIGKILL');
      else if (victim === 'collector') for (const pid of collectors(directory)) process.kill(pid, 'SIGKILL');
      else {
        up.process.signal('SIGKILL');
        await up.process.stop();
        // The last one may still hold the ports for a moment.
        up = await until('dockpass up to start again', {}, open);
      }
      const content = `a layer after round ${round}`;
      await until('a push to work', { part: up.process, timeout: 20_000 }, async () => {
        await client.image(`after-${round}`, '1', content);
        return true;
      });
      expect(collectors(directory)).toEqual([]);
      expect(await client.pull(`after-${round}`, '1')).toEqual([200, 200, 200]);
      await command.stop();
    }
    expect((await up.must(['gc'])).stdout).toMatch(/^freed: /);
  });
});

/**
 * A registry whose collector begins half a second late, and which does not end with `dockpass up`: the shell waits for
 * it without the signal that the kernel sends.
 */
async function slowCollector(directory: string): Promise<string> {
  const path = join(directory, 'registry');
  const real = part('registry-3.1');
  await writeFile(
    path,
    `#!/bin/sh\nif [ "$1" != garbage-collect ]; then exec ${real} "$@"; fi\nsetsid sh -c 'sleep 0.7; exec "$@"' garbage-collect ${real} "$@" &\nwait $!\n`,
  );
  await chmod(path, 0o755);
  return path;
}

/** The collectors of the registry in this directory. */
function collectors(directory: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0)) return false;
      try {
        const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return text.includes('garbage-collect') && text.includes(directory);
      } catch {
        return false;
      }
    });
}
