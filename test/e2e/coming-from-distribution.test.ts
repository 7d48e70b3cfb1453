import { expect, test } from 'vitest';
import { dockerClient } from '../support/client/clients.ts';
import { importImage } from '../support/registry/image.ts';
import { hosts } from '../support/run/hosts.ts';
import { oldMachine, oldRegistryConfig } from '../support/machine/old-machine.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { registryPart } from '../support/registry/registry.ts';
import { mustRun } from '../support/process/run.ts';

const password = 'correct horse battery staple';

for (const version of ['2.8', '3.1'] as const) {
  needs(
    ...engineParts,
    ...(['host-names', 'caddy', 'htpasswd', 'openssl'] as const),
    registryPart(version),
  )(`docs/coming-from-distribution.md, registry ${version}`, () => {
    test('migrates a registry by changing its auth section, and keeps the images that were pushed before', async () => {
      const machine = await oldMachine();
      const { docker, privately, publicly } = machine;
      // A bcrypt hash as `caddy hash-password` prints it, but with a low cost, because the old proxy computes one for
      // each request.
      const line = await mustRun(part('htpasswd'), ['-niBC', '5', 'alice'], { input: `${password}\n` });
      const hash = line.stdout.trim().slice('alice:'.length);
      const recipe = await openRecipe('docs/coming-from-distribution.md', {
        ...machine.recipe,
        replace: [
          ['/etc/', `${machine.path('etc')}/`],
          ['registry.example.com {', `https://${privately} {`],
          ['registry.example.com/', `${privately}/`],
          ['--password-stdin registry.example.com', `--password-stdin ${privately}`],
          ['hub.example.com/', `${publicly}/`],
          ['registry.example.com', hosts.private],
          ['hub.example.com', hosts.otherPublic],
          ['--port 443', `--port ${machine.tlsPort}`],
          ['127.0.0.1:5000', machine.recipe.env['DOCKPASS_UP_REGISTRY_LISTEN'] ?? ''],
          ['HASH', hash],
          ['YOUR-LONG-PASSWORD', password],
        ],
      });

      await machine.write('etc/docker/registry/config.yml', oldRegistryConfig());
      await machine.write('etc/caddy/Caddyfile', recipe.shown('caddyfile'));
      await machine.startRegistry(version);
      await machine.startCaddy();
      expect((await docker.login(privately, 'alice', password)).status).toBe(0);
      await importImage(docker, `${privately}/old`);
      await docker.must(['push', `${privately}/old`]);
      await docker.must(['logout', privately]);
      const anyone = await dockerClient();
      expect((await anyone.run(['pull', `${privately}/old`])).status).not.toBe(0);

      await recipe.next();
      await recipe.next();
      const server = await recipe.start();
      await server.line(/token server ready/);
      await recipe.next();
      await recipe.next();
      await importImage(docker, 'hello');
      expect((await recipe.next()).output).toContain('Login Succeeded');
      recipe.finish();

      expect((await anyone.run(['pull', `${privately}/old`])).output).toContain(
        `unauthorized: log in first: docker login ${privately}`,
      );
      await anyone.must(['pull', `${publicly}/team/hello`]);
    });
  });
}
