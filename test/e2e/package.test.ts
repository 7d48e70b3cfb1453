import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cleanClone, npmEnvironment } from '../support/machine/clone.ts';
import { craneClient } from '../support/client/clients.ts';
import { repository } from '../support/run/environment.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { needs } from '../support/run/parts.ts';
import { freePorts } from '../support/run/ports.ts';
import { descendantsOf, isAlive } from '../support/process/process-tree.ts';
import { until } from '../support/process/ready.ts';
import { openRecipe } from '../support/docs/recipe.ts';

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
    'packs dockpass, installs it into an empty folder and runs it there',
    { timeout: 300_000 },
    async () => {
      const [edge, registry, dockpass, operations] = await freePorts(4);
      const recipe = await openRecipe('docs/install.md', {
        replace: [
          ['--silent CLONE', `--silent ${clone}`],
          ['dockpass up --public', `dockpass up --port ${edge} --public`],
          ['LONG-SECRET', password],
        ],
        env: {
          ...npmEnvironment(),
          DOCKPASS_UP_REGISTRY_LISTEN: `127.0.0.1:${registry}`,
          DOCKPASS_LISTEN: `127.0.0.1:${dockpass}`,
          DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
        },
      });
      await recipe.next();
      await rm(clone, { recursive: true });
      expect((await recipe.next()).stdout).toMatch(
        /^dockpass \d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+, buil(?:d [0-9a-f]{12}(?:-dirty)?|t without git)\)$/m,
      );
      const up = await recipe.start();
      await up.line(/^dockpass is up/);
      await recipe.next();
      recipe.finish();

      const crane = await craneClient();
      const env = { SSL_CERT_FILE: join(recipe.directory, 'data/up/tls/ca.crt') };
      const image = await handMadeImage();
      expect((await crane.login(`localhost:${edge}`, 'alice', password)).status).toBe(0);
      await crane.must(['push', image.directory, `localhost:${edge}/hello`], { env });
      await crane.must(['auth', 'logout', `localhost:${edge}`], { env });
      const digest = (await crane.must(['digest', `127.0.0.1:${edge}/hello`], { env })).stdout.trim();
      expect(digest).toBe(image.manifestDigest);

      // npx does not report when its child processes have ended, so the test watches them.
      const children = descendantsOf(up.pid);
      up.signal('SIGTERM');
      await until('the children of npx to end', {}, async () => (children.some(isAlive) ? undefined : true));
      expect(up.stderr()).toContain('stopping; waiting until open requests are finished');
    },
  );
});
