import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { dockerClient } from '../support/client/clients.ts';
import { startRequestLoop } from '../support/client/request-loop.ts';
import { basic } from '../support/network/raw-http.ts';
import { importImage } from '../support/registry/image.ts';
import { hosts } from '../support/run/hosts.ts';
import { oldMachine } from '../support/machine/old-machine.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { mustRun } from '../support/process/run.ts';

const password = 'correct horse battery staple';

needs(...engineParts, ...(['host-names', 'caddy', 'htpasswd', 'openssl', 'registry-3.1'] as const))(
  'docs/coming-from-distribution.md',
  () => {
    test('migrates a registry next to other sites without a failed request, and goes back without a new login', async () => {
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
          ['/srv/registry:', `${machine.path('srv/registry')}:`],
          ['|^https://:443 {|', `|^https://:${machine.tlsPort} {|`],
          ['registry.example.com, hub.example.com {', `https://${privately}, https://${publicly} {`],
          ['^registry.example.com {/', `^https:..${privately} {/`],
          ['registry.example.com {', `https://${privately} {`],
          ['registry.example.com/', `${privately}/`],
          ['--password-stdin registry.example.com', `--password-stdin ${privately}`],
          ['hub.example.com/', `${publicly}/`],
          ['registry.example.com', hosts.private],
          ['hub.example.com', hosts.otherPublic],
          ['--port 443', `--port ${machine.tlsPort}`],
          ['127.0.0.1:5000', machine.registry],
          ['127.0.0.1:5010', machine.secondRegistry],
          ['HASH', hash],
          ['YOUR-LONG-PASSWORD', password],
        ],
      });
      const otherSite = `http://127.0.0.1:${machine.otherTlsPort}`;
      const siteOf = (text: string): string => `${otherSite} {\n\trespond "${text}"\n}\n`;
      const caddyfile = `${siteOf('another site')}${recipe.shown('caddyfile')}`;

      await machine.write('etc/caddy/Caddyfile', caddyfile);
      await machine.startRegistryContainer(recipe.shown('console'));
      await machine.startCaddy();
      expect((await docker.login(privately, 'alice', password)).status).toBe(0);
      for (const name of ['old', 'public/old']) {
        await importImage(docker, `${privately}/${name}`);
        await docker.must(['push', `${privately}/${name}`]);
      }
      const anyone = await dockerClient();
      expect((await anyone.run(['pull', `${privately}/old`])).status).not.toBe(0);

      const loop = await startRequestLoop(`https://${privately}/v2/old/manifests/latest`, {
        headers: { authorization: basic('alice', password) },
        ca: machine.authority.certificate,
      });
      await recipe.next();
      await recipe.next();
      await recipe.next();
      const server = await recipe.start();
      await server.line(/token server ready/);
      await recipe.next();
      await machine.untilSecondRegistry();
      expect((await recipe.next()).output).toContain('Valid configuration');
      const { sent, failures } = await loop.stop();
      expect(failures).toEqual([]);
      expect(sent).toBeGreaterThan(20);
      expect(await (await fetch(otherSite)).text()).toBe('another site');

      await importImage(docker, 'hello');
      expect((await recipe.next()).output).toContain('Login Succeeded');
      expect((await anyone.run(['pull', `${publicly}/old`])).status).not.toBe(0);
      expect((await anyone.run(['pull', `${privately}/old`])).output).toContain(
        `unauthorized: log in first: docker login ${privately}`,
      );
      await anyone.must(['pull', `${publicly}/public/old`]);

      await recipe.next();
      expect(await readFile(machine.path('etc/caddy/Caddyfile'), 'utf8')).toBe(caddyfile);
      await docker.must(['pull', `${privately}/team/hello`]);
      await docker.must(['push', `${privately}/team/hello`]);
      await recipe.next();
      recipe.finish();
    });
  },
);
