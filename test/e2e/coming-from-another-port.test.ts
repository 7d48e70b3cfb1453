import { expect, test } from 'vitest';
import { dockerClient } from '../support/client/clients.ts';
import { hosts } from '../support/run/hosts.ts';
import { importImage } from '../support/registry/image.ts';
import { oldMachine } from '../support/machine/old-machine.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';

const password = 'carried over by bcrypt';

needs(...engineParts, ...(['host-names', 'registry-3.1', 'nginx', 'htpasswd', 'openssl'] as const))(
  'docs/coming-from-another-port.md',
  () => {
    test('replaces nginx on a nonstandard TLS port; a domain that is public on another port is public only there', async () => {
      const machine = await oldMachine();
      const { docker, privately } = machine;
      const publicly = `${hosts.otherPublic}:${machine.otherTlsPort}`;
      const recipe = await openRecipe('docs/coming-from-another-port.md', {
        ...machine.recipe,
        replace: [
          ['/etc/', `${machine.path('etc')}/`],
          ['registry.example.com', hosts.private],
          ['hub.example.com', hosts.otherPublic],
          ['8443', String(machine.tlsPort)],
          ['9443', String(machine.otherTlsPort)],
          ['/srv/registry:', `${machine.path('srv/registry')}:`],
          ['127.0.0.1:5000', machine.registry],
          ['127.0.0.1:5010', machine.secondRegistry],
          ['SECRET', `'${password}'`],
        ],
      });

      const htpasswd = 'etc/docker/registry/htpasswd';
      await machine.writeHtpasswd(htpasswd, 'alice', password);
      await machine.write('etc/nginx/conf.d/registry.conf', recipe.shown('nginx'));
      await machine.startRegistryContainer(recipe.shown('console'));
      await machine.startNginx();
      expect((await docker.login(privately, 'alice', password)).status).toBe(0);
      await docker.must(['logout', privately]);

      await recipe.next();
      await recipe.next();
      await recipe.next();
      await recipe.next();
      const server = await recipe.start();
      await server.line(/token server ready/);
      await recipe.next();
      await machine.untilSecondRegistry();
      await recipe.next();
      await importImage(docker, 'hello');
      await recipe.next();
      recipe.finish();

      const anyone = await dockerClient();
      for (const name of [privately, `${hosts.otherPublic}:${machine.tlsPort}`]) {
        expect((await anyone.run(['pull', `${name}/public/hello`])).output).toContain(
          `unauthorized: log in first: docker login ${name}`,
        );
      }
      await anyone.must(['pull', `${publicly}/public/hello`]);
    });
  },
);
