import { expect, test } from 'vitest';
import { dockerClient } from '../support/client/clients.ts';
import { importImage } from '../support/registry/image.ts';
import { oldMachine, oldRegistryConfig } from '../support/machine/old-machine.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';

const password = 'carried over by bcrypt';

needs(...engineParts, ...(['host-names', 'registry-2.8', 'nginx', 'htpasswd', 'curl', 'openssl'] as const))(
  'docs/coming-from-nginx-htpasswd.md',
  () => {
    test('migrates nginx with TLS, its registry and its user, and adds a public domain', async () => {
      const machine = await oldMachine();
      const recipe = await openRecipe('docs/coming-from-nginx-htpasswd.md', {
        ...machine.recipe,
        replace: [
          ['/etc/', `${machine.path('etc')}/`],
          ['https://registry.example.com', `https://${machine.privately}`],
          ['registry.example.com/', `${machine.privately}/`],
          ['--password-stdin registry.example.com', `--password-stdin ${machine.privately}`],
          ['logout registry.example.com', `logout ${machine.privately}`],
          ['hub.example.com/', `${machine.publicly}/`],
          ['registry.example.com', 'registry.example.test'],
          ['hub.example.com', 'hub.example.test'],
          ['listen 443', `listen ${machine.tlsPort}`],
          ['--port 443', `--port ${machine.tlsPort}`],
          ['127.0.0.1:5000', machine.recipe.env['DOCKPASS_UP_REGISTRY_LISTEN'] ?? ''],
          ['SECRET', `'${password}'`],
        ],
      });

      // Before the migration, the registry requires a login from the htpasswd file for everything.
      await machine.writeHtpasswd('etc/docker/registry/htpasswd', 'alice', password);
      await machine.write(
        'etc/docker/registry/config.yml',
        oldRegistryConfig(machine.path('etc/docker/registry/htpasswd')),
      );
      await machine.write('etc/nginx/conf.d/registry.conf', recipe.shown('nginx'));
      await machine.startRegistry('2.8');
      await machine.startNginx();
      const { docker, privately, publicly } = machine;
      expect((await docker.login(privately, 'alice', password)).status).toBe(0);
      await importImage(docker, `${privately}/old`);
      await docker.must(['push', `${privately}/old`]);
      await docker.must(['logout', privately]);

      // The commands of the page.
      await recipe.next();
      expect((await recipe.next()).stderr).toContain('1 user imported as admin');
      const server = await recipe.start();
      await server.line(/token server ready/);
      await recipe.next();
      expect((await recipe.next()).stderr).toContain('test is successful');
      await importImage(docker, 'hello');
      const pushed = await recipe.next();
      expect(pushed.output).toContain('Login Succeeded');
      expect(pushed.stdout).toContain('{"repositories":["old","team/hello"]}');
      await recipe.next();
      recipe.finish();

      // After the migration, the old image can still be pulled, and the private domain requires a login.
      await docker.must(['pull', `${publicly}/old`]);
      const anyone = await dockerClient();
      expect((await anyone.run(['pull', `${privately}/old`])).output).toContain(
        `unauthorized: log in first: docker login ${privately}`,
      );
    });
  },
);
