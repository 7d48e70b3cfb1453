import { copyFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { dockerClient } from '../support/client/clients.ts';
import { startRequestLoop } from '../support/client/request-loop.ts';
import { basic } from '../support/network/raw-http.ts';
import { importImage } from '../support/registry/image.ts';
import { oldMachine, oldRegistryConfig } from '../support/machine/old-machine.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';

const password = 'carried over by bcrypt';

needs(
  ...engineParts,
  ...(['host-names', 'registry-2.8', 'registry-3.1', 'nginx', 'htpasswd', 'curl', 'openssl'] as const),
)('docs/coming-from-nginx-htpasswd.md', () => {
  test.each(['container', 'service'])(
    'migrates a registry that is a %s without a failed request, and goes back without a new login',
    { timeout: 240_000 },
    async (kind) => {
      const machine = await oldMachine();
      const recipe = await openRecipe('docs/coming-from-nginx-htpasswd.md', {
        ...machine.recipe,
        // The machine sets DOCKPASS_UP_REGISTRY_LISTEN in place of port 5000, which has priority over dockpass.yml.
        env: { ...machine.recipe.env, DOCKPASS_REGISTRIES: `http://${machine.secondRegistry}` },
        replace: [
          ['/etc/', `${machine.path('etc')}/`],
          ['/lib/systemd/', `${machine.path('lib/systemd')}/`],
          ['/srv/registry:', `${machine.path('srv/registry')}:`],
          ['https://registry.example.com', `https://${machine.privately}`],
          ['registry.example.com/', `${machine.privately}/`],
          ['--password-stdin registry.example.com', `--password-stdin ${machine.privately}`],
          ['hub.example.com/', `${machine.publicly}/`],
          ['registry.example.com', 'registry.example.test'],
          ['hub.example.com', 'hub.example.test'],
          ['listen 443', `listen ${machine.tlsPort}`],
          ['--port 443', `--port ${machine.tlsPort}`],
          ['127.0.0.1:5000', machine.registry],
          ['127.0.0.1:5010', machine.secondRegistry],
          ['SECRET', `'${password}'`],
        ],
      });

      // Before the migration, the registry requires a login from the htpasswd file for everything.
      await machine.writeHtpasswd('etc/docker/registry/htpasswd', 'alice', password);
      await machine.write('etc/nginx/conf.d/registry.conf', recipe.shown('nginx'));
      if (kind === 'container') await machine.startRegistryContainer(recipe.shown('console'));
      else {
        const config = oldRegistryConfig(machine.path('etc/docker/registry/htpasswd'));
        await machine.write('etc/docker/registry/config.yml', config);
        await machine.startRegistry('2.8');
      }
      await machine.startNginx();
      const { docker, privately, publicly } = machine;
      expect((await docker.login(privately, 'alice', password)).status).toBe(0);
      for (const name of ['old', 'public/old']) {
        await importImage(docker, `${privately}/${name}`);
        await docker.must(['push', `${privately}/${name}`]);
      }

      // The commands of the page, up to the reload of nginx. A client sends requests the whole time.
      const loop = await startRequestLoop(`https://${privately}/v2/old/manifests/latest`, {
        headers: { authorization: basic('alice', password) },
        ca: machine.authority.certificate,
      });
      await recipe.next();
      await recipe.next();
      expect((await recipe.next()).stderr).toContain('1 user imported as admin');
      const server = await recipe.start();
      await server.line(/token server ready/);
      if (kind === 'container') {
        await recipe.next();
        recipe.skip("sudo sed -e '/^auth:/");
        await machine.untilSecondRegistry();
      } else {
        recipe.skip('docker run --detach --name registry-dockpass');
        await recipe.next();
      }
      expect((await recipe.next()).stderr).toContain('test is successful');
      const { sent, failures } = await loop.stop();
      expect(failures).toEqual([]);
      expect(sent).toBeGreaterThan(20);

      // The login from before still works, without a new one.
      await importImage(docker, `${privately}/kept-login`);
      await docker.must(['push', `${privately}/kept-login`]);
      await importImage(docker, 'hello');
      const pushed = await recipe.next();
      expect(pushed.output).toContain('Login Succeeded');
      expect(pushed.stdout).toContain('{"repositories":["kept-login","old","public/hello","public/old"]}');
      await recipe.next();

      // Only what the page publishes is public, and the private domain requires a login.
      const anyone = await dockerClient();
      await anyone.must(['pull', `${publicly}/public/old`]);
      expect((await anyone.run(['pull', `${publicly}/old`])).status).not.toBe(0);
      expect((await anyone.run(['pull', `${privately}/old`])).output).toContain(
        `unauthorized: log in first: docker login ${privately}`,
      );

      // The client that logged in after the migration needs no login to the old registry, which has the new images.
      const newFile = machine.path('etc/nginx/conf.d/registry.conf');
      await recipe.next();
      await docker.must(['pull', `${privately}/public/hello`]);
      await docker.must(['push', `${privately}/public/hello`]);

      await copyFile(machine.path('etc/dockpass/dockpass-nginx.conf'), newFile);
      await machine.recipe.service('reload', 'nginx');
      if (kind === 'container') await recipe.next();
      else recipe.skip("sudo sed -i 's|refresh:");
      recipe.finish();
      await docker.must(['pull', `${privately}/public/hello`]);
    },
  );
});
