import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cleanClone, npmEnvironment } from '../support/machine/clone.ts';
import { craneClient } from '../support/client/clients.ts';
import { repository } from '../support/run/environment.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { findPart, needs } from '../support/run/parts.ts';
import { freePorts } from '../support/run/ports.ts';
import { start, type Running } from '../support/process/process.ts';
import { run } from '../support/process/run.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

const password = 'correct horse battery staple';

needs(
  'registry-2.8',
  'caddy',
  'crane',
)('docs/install.md', () => {
  let clone: string;
  beforeAll(async () => {
    clone = await cleanClone();
    // Copy the packages that a first start would install in the clone.
    await cp(join(repository, 'node_modules'), join(clone, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  });

  test(
    'packs dockpass, installs it for all users, and runs it in a folder and as a service',
    { timeout: 300_000 },
    async () => {
      const [edge, registry, dockpass, operations] = await freePorts(4);
      const root = await temporaryDirectory('machine');
      for (const folder of ['usr/local/bin', 'etc/systemd/system'])
        await mkdir(join(root, folder), { recursive: true });
      const unit = join(root, 'etc/systemd/system/dockpass.service');
      let service: Running | undefined;
      const recipe = await openRecipe('docs/install.md', {
        replace: [
          ['--silent CLONE', `--silent ${clone}`],
          ['dockpass up --public', `dockpass up --port ${edge} --public`],
          ['init --private-domain', `init --port ${edge} --private-domain`],
          ['registry.example.com', 'localhost'],
          ['hub.example.com', '127.0.0.1'],
          ['YOUR-LONG-PASSWORD', password],
          // The machine of the test has no user dockpass.
          ['--owner dockpass --group dockpass ', ''],
          ...['/opt/dockpass', '/usr/local/bin', '/etc/dockpass', '/etc/systemd', '/srv/registry'].map(
            (path) => [path, join(root, path)] as const,
          ),
        ],
        env: {
          ...npmEnvironment(),
          DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registry}`,
          DOCKPASS_LISTEN: `127.0.0.1:${dockpass}`,
          DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
        },
        programs: {
          dockpass: [join(root, 'usr/local/bin/dockpass')],
          useradd: ['true'],
          systemctl: ['true'],
        },
        service: async (verb) => {
          expect(verb).toBe('enable --now');
          const line = (name: string, text: string) =>
            new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
          const text = await readFile(unit, 'utf8');
          const [command = '', ...args] = line('ExecStart', text).split(' ');
          service = await start(command, args, { cwd: line('WorkingDirectory', text), name: 'service' });
          await service.line(/^dockpass is up/);
        },
      });
      await recipe.next();
      await rm(clone, { recursive: true });
      expect((await recipe.next()).stdout).toMatch(
        /^dockpass \d+\.\d+\.\d+ \(Node 26\.\d+\.\d+, buil(?:d [0-9a-f]{12}(?:-dirty)?|t without git)\)$/m,
      );
      const up = await recipe.start();
      await up.line(/^dockpass is up/);
      await up.line(/^ {2}dockpass user add NAME /);
      expect(up.output()).toContain(`\n  cd ${recipe.directory}\n  dockpass user add NAME `);
      await recipe.next();
      await pushAndPull(edge, join(recipe.directory, 'data/up/tls/ca.crt'));
      expect(await up.stop()).toMatchObject({ status: 0, leftBehind: [] });

      await recipe.next();
      await recipe.next();
      await recipe.next();
      const systemd = findPart('systemd-analyze');
      if (systemd !== undefined)
        expect(await run(systemd, ['verify', unit])).toMatchObject({ status: 0, output: '' });
      await recipe.next();
      await recipe.next();
      recipe.finish();
      await pushAndPull(edge, join(root, 'etc/dockpass/data/up/tls/ca.crt'));
      expect(await readdir(join(root, 'srv/registry'))).toEqual(['docker']);
      expect(await service?.stop()).toMatchObject({ status: 0, leftBehind: [] });
    },
  );
});

async function pushAndPull(edge: number | undefined, authority: string): Promise<void> {
  const crane = await craneClient();
  const env = { SSL_CERT_FILE: authority };
  const image = await handMadeImage();
  expect((await crane.login(`localhost:${edge}`, 'alice', password)).status).toBe(0);
  await crane.must(['push', image.directory, `localhost:${edge}/hello`], { env });
  await crane.must(['auth', 'logout', `localhost:${edge}`], { env });
  const digest = (await crane.must(['digest', `127.0.0.1:${edge}/hello`], { env })).stdout.trim();
  expect(digest).toBe(image.manifestDigest);
}
