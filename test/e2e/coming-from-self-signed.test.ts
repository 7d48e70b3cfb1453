import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hosts } from '../support/run/hosts.ts';
import { importImage } from '../support/registry/image.ts';
import { oldMachine } from '../support/machine/old-machine.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';

const password = 'correct horse battery staple';

needs(...engineParts, ...(['host-names', 'registry-2.8', 'caddy', 'curl', 'openssl'] as const))(
  'docs/coming-from-self-signed.md',
  () => {
    test('replaces a registry that serves TLS itself; the catalog, tags and deletion by digest work', async () => {
      const machine = await oldMachine();
      const { docker, privately } = machine;
      const recipe = await openRecipe('docs/coming-from-self-signed.md', {
        ...machine.recipe,
        replace: [
          ['/etc/ssl/', `${machine.path('etc/ssl')}/`],
          ['/var/lib/registry', machine.path('var/lib/registry')],
          ['registry.example.com', hosts.private],
          ['5001', String(machine.tlsPort)],
          ['alice:YOUR-LONG-PASSWORD', `'alice:${password}'`],
          ['YOUR-LONG-PASSWORD', password],
        ],
      });

      // Before the migration, the registry serves TLS itself.
      await machine.write('etc/docker/registry/config.yml', recipe.shown('yaml'));
      await machine.startRegistryOnTls('2.8');
      await importImage(docker, `${privately}/old`);
      await docker.must(['push', `${privately}/old`]);
      await docker.must(['rmi', `${privately}/old`]);

      await recipe.next();
      const up = await recipe.start();
      await up.line(/^dockpass is up/);
      const trusted = join('/etc/docker/certs.d', privately, 'ca.crt');
      await copyFile(machine.authority.certificateFile, trusted);
      expect((await docker.login(privately, 'alice', password)).output).toContain('x509');
      await recipe.next();
      await recipe.next();
      await importImage(docker, 'hello');
      await recipe.next();
      const listed = await recipe.next();
      expect(listed.stdout).toContain('{"repositories":["hello","old"]}');
      expect(listed.stdout).toContain('{"name":"hello","tags":["1"]}');
      await recipe.next();
      expect((await docker.run(['pull', `${privately}/hello:1`])).output).toContain('manifest unknown');
      const repo = await recipe.next();
      expect(repo.stdout).toContain('old\n');
      expect(repo.stdout).toContain('latest\n');
      expect((await docker.run(['pull', `${privately}/old`])).output).toContain('manifest unknown');
      recipe.finish();
      expect(await up.stop()).toMatchObject({ status: 0, leftBehind: [] });
    });
  },
);
