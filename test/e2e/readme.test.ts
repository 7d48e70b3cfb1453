import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { cleanClone, npmEnvironment } from '../support/machine/clone.ts';
import { dockerClient } from '../support/client/clients.ts';
import { partsDirectory } from '../support/run/environment.ts';
import { takenPorts } from '../support/run/fixed-ports.ts';
import { importImage } from '../support/registry/image.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';

const password = 'correct horse battery staple';

needs(
  ...engineParts,
  'registry-2.8',
  'caddy',
)('README.md', () => {
  test(
    'works as described, from a clean clone and with the Node that this machine has',
    { timeout: 400_000 },
    async (context) => {
      const taken = await takenPorts();
      if (taken.length > 0 && process.env['CI'] !== 'true')
        context.skip(`port ${taken.join(' and ')} in use: the README's commands need ports 5000 to 5003`);
      expect(taken).toEqual([]);

      const docker = await dockerClient();
      await importImage(docker, 'hello');
      const recipe = await openRecipe('README.md', {
        directory: await cleanClone(),
        replace: [['IMAGE', 'hello']],
        env: {
          ...npmEnvironment(),
          HOME: homedir(),
          DOCKPASS_PARTS: partsDirectory,
          DOCKER_HOST: docker.engineHost ?? '',
          DOCKER_CONFIG: docker.directory,
        },
      });
      const up = await recipe.start();
      await up.line(/^dockpass is up/, 300_000);
      const screen = await recipe.type([
        [/Password \(15 characters or more\): /, password],
        [/Again: /, password],
        [/Username: /, 'alice'],
        [/Password: /, password],
      ]);
      expect(screen).toContain('Login Succeeded');
      expect(screen).toContain('127.0.0.1:5001/hello');
      const refused = await docker.run(['push', '127.0.0.1:5001/hello']);
      expect(refused.output).toContain('log in to push: docker login localhost:5001');
      recipe.skip('npm test');
      recipe.finish();
      expect(await up.stop()).toMatchObject({ status: 0, leftBehind: [] });
      expect(await takenPorts()).toEqual([]);
      expect(await readdir(recipe.directory)).toContain('data');
    },
  );
});
