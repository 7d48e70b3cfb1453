import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { once } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';
import { afterwards } from '../support/run/afterwards.ts';
import { dockerClient, type Client } from '../support/client/clients.ts';
import { dockpassHome, startUp, type DockpassUp } from '../support/dockpass/dockpass.ts';
import { importImage } from '../support/registry/image.ts';
import { engineParts, needs, part, type PartName } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { descendantsOf, isAlive } from '../support/process/process-tree.ts';
import { registryPart, type RegistryVersion } from '../support/registry/registry.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

// What the README promises: one command, then a login, a push and an anonymous pull with a real docker. localhost is
// the private domain, 127.0.0.1 the public domain.

const password = 'correct horse battery staple';

interface Setup {
  readonly registry: RegistryVersion;
  readonly edge: 'caddy' | 'nginx';
}

const setups: readonly Setup[] = [
  { registry: '2.8', edge: 'caddy' },
  { registry: '2.8', edge: 'nginx' },
  { registry: '3.1', edge: 'caddy' },
];

function start({ registry, edge }: Setup): Promise<DockpassUp> {
  const args = ['--registry', part(registryPart(registry)), '--edge', part(edge)];
  return startUp({ args: [...args, '--public-domain', '127.0.0.1'] });
}

function partsOf({ registry, edge }: Setup): PartName[] {
  return [registryPart(registry), edge];
}

for (const setup of setups) {
  needs(...engineParts, ...partsOf(setup))(
    `dockpass up, registry ${setup.registry} behind ${setup.edge}`,
    () => {
      let up: DockpassUp;
      let alice: Client;
      let privately: string;
      let publicly: string;
      beforeAll(async () => {
        up = await start(setup);
        alice = await dockerClient();
        privately = `localhost:${up.edgePort}`;
        publicly = `127.0.0.1:${up.edgePort}`;
      });

      test('prints the next steps, and says first that no one can log in yet', async () => {
        await up.process.line(/^ {2}docker pull /);
        const output = up.process.stdout();
        expect(output).toMatch(/user add NAME {4}# no one can log in yet/);
        expect(output).toContain(`docker login ${privately}\n`);
        expect(output).toContain(`docker push ${privately}/hello\n`);
        expect(output).toMatch(new RegExp(`docker pull ${publicly}/hello {4}# needs no login`));
      });

      test('accepts the login of a user who was added while it runs; docker needs no certificate setup', async () => {
        expect((await alice.login(privately, 'alice', password)).status).not.toBe(0);
        await up.addUser('alice', password);
        expect((await alice.login(privately, 'alice', password)).output).toContain('Login Succeeded');
      });

      test('accepts a push on the private domain and serves it to anyone on the public domain', async () => {
        await importImage(alice, `${privately}/hello`);
        await alice.must(['push', `${privately}/hello`]);
        await alice.must(['rmi', `${privately}/hello`]);
        const anyone = await dockerClient();
        expect((await anyone.must(['pull', `${publicly}/hello`])).output).toContain('Downloaded newer image');
        await anyone.must(['rmi', `${publicly}/hello`]);
      });

      test('denies a push on the public domain, also to a user who can push on the private domain', async () => {
        await importImage(alice, `${publicly}/sneaked`);
        expect((await alice.login(publicly, 'alice', password)).status).toBe(0);
        const pushed = await alice.run(['push', `${publicly}/sneaked`]);
        expect(pushed.status).toBe(1);
        expect(pushed.output).toContain(
          'denied: log in to push: run docker login with a private domain of this registry; ',
        );
        expect(pushed.output).toContain(`${publicly} only serves pulls`);
        await alice.must(['rmi', `${publicly}/sneaked`]);
      });

      test('denies a pull on the private domain without a login, and says what to do', async () => {
        const anyone = await dockerClient();
        const pulled = await anyone.run(['pull', `${privately}/hello`]);
        expect(pulled.status).toBe(1);
        expect(pulled.output).toContain(`unauthorized: log in first: docker login ${privately}`);
      });

      test('rejects a wrong password on both domains', async () => {
        const mallory = await dockerClient();
        for (const name of [privately, publicly]) {
          const refused = await mallory.login(name, 'alice', `${password}!`);
          expect(refused.status).toBe(1);
          expect(refused.output).toContain(
            `unauthorized: wrong user name or password; log in again: docker login ${name}`,
          );
        }
        expect(existsSync(mallory.authFile)).toBe(false);
      });

      test('exits cleanly on SIGTERM and leaves no process running', async () => {
        expect(await up.process.stop()).toEqual({
          status: 0,
          signal: undefined,
          wasKilled: false,
          leftBehind: [],
        });
      });
    },
  );
}

describe('dockpass up, if something goes wrong', () => {
  for (const [name, setup] of [
    ['registry', { registry: '2.8', edge: 'caddy' }],
    ['edge', { registry: '2.8', edge: 'caddy' }],
    ['edge', { registry: '2.8', edge: 'nginx' }],
  ] as const) {
    needs(...partsOf(setup))(`with ${setup.edge}`, () => {
      test(`stops everything when the ${name} exits, and names it`, async () => {
        const up = await start(setup);
        await up.process.line(/^dockpass is up/);
        const program = part(name === 'registry' ? registryPart(setup.registry) : setup.edge);
        const members = descendantsOf(up.process.pid);
        const victim = members.find(({ command }) => command.includes(program));
        process.kill(victim?.pid ?? Number.NaN, 'SIGKILL');
        expect(await up.process.ended).toEqual({ status: 1, signal: undefined });
        expect(up.process.stderr()).toContain(
          `dockpass: ${basename(program)} exited (SIGKILL); shutting down.`,
        );
        expect(members.filter(isAlive)).toEqual([]);
      });
    });
  }

  needs('registry-2.8', 'nginx')('without the registry program', () => {
    test('names the missing program and the command that installs it, and changes nothing', async () => {
      const home = await dockpassHome({ env: { PATH: await temporaryDirectory('empty') } });
      const ended = await home.cli(['up']);
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain('not found on this machine: the registry (registry or docker-registry)');
      expect(ended.stderr).toMatch(/^dockpass: {5}sudo apt-get install -y docker-registry/m);
      expect(await readdir(home.directory)).toEqual([]);
    });
  });

  needs('registry-2.8', 'caddy')('with a port or directory that cannot be used', () => {
    test.each(['edge', 'registry', 'token server', 'operations'])(
      'reports in one line that the port of the %s is in use, and changes nothing',
      async (role) => {
        const ports = new Map<string, number>();
        for (const name of ['edge', 'registry', 'token server', 'operations'])
          ports.set(name, await freePort());
        const taken = ports.get(role) ?? 0;
        // dockpass asks this program whether it is dockpass.
        const holder = createServer((socket) => socket.destroy()).listen(taken, '0.0.0.0');
        afterwards(async () => {
          holder.close();
          await once(holder, 'close');
        });
        await once(holder, 'listening');
        const home = await dockpassHome({
          env: {
            DOCKPASS_UP_PORT: String(ports.get('edge')),
            DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${ports.get('registry')}`,
            DOCKPASS_LISTEN: `127.0.0.1:${ports.get('token server')}`,
            DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${ports.get('operations')}`,
          },
        });
        const ended = await home.cli(['up']);
        expect(ended.status).toBe(1);
        expect(ended.stdout).toBe('');
        expect(ended.stderr).toMatch(new RegExp(`^dockpass: port ${taken} is in use, and the ${role}.*\n$`));
        expect(await readdir(home.directory)).toEqual([]);
      },
    );

    test('reports that the image directory is a file, before it starts anything', async () => {
      const home = await dockpassHome();
      const file = join(home.directory, 'a-file');
      await writeFile(file, '');
      const ended = await home.cli(['up', '--storage', file, '--port', String(await freePort())]);
      expect(ended.status).toBe(1);
      expect(ended.stderr).toMatch(/^dockpass: cannot write to the image directory .*a-file.*--storage\.\n$/);
      expect(await readdir(home.directory)).toEqual(['a-file']);
    });
  });
});
