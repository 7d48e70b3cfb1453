import { expect, test } from 'vitest';
import { dockerClient } from '../support/client/clients.ts';
import { takenPorts } from '../support/run/fixed-ports.ts';
import { freshMachine } from '../support/machine/fresh-machine.ts';
import { importImage } from '../support/registry/image.ts';
import { engineParts, needs } from '../support/run/parts.ts';

const password = 'correct horse battery staple';
const fiveMinutes = 300_000;

// This test runs only on request, because it downloads a complete system and everything that dockpass needs.
const isEnabled = process.env['DOCKPASS_FRESH_MACHINE'] !== undefined;

needs(
  ...engineParts,
  'debootstrap',
  'node-20',
)('a new Debian 12 system (npm run test:fresh-machine)', () => {
  test.runIf(isEnabled)(
    'serves an image within five minutes of the first command in the README, and installs what is missing',
    { timeout: 3 * fiveMinutes },
    async () => {
      expect(await takenPorts()).toEqual([]);
      const machine = await freshMachine();
      const up = await machine.start('npm start');
      await up.line(/^dockpass is up/, fiveMinutes);
      expect(up.output()).toContain('installing with apt-get: libatomic1 docker-registry caddy');
      await machine.must('./bin/dockpass user add alice --password-stdin', `${password}\n`);

      const docker = await dockerClient();
      await importImage(docker, 'localhost:5001/hello');
      expect((await docker.login('localhost:5001', 'alice', password)).stdout).toContain('Login Succeeded');
      await docker.must(['push', 'localhost:5001/hello']);
      await docker.must(['logout', 'localhost:5001']);
      await docker.must(['pull', '127.0.0.1:5001/hello']);
    },
  );
});
