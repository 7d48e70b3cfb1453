import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { oldMachine, oldRegistryConfig } from '../support/machine/old-machine.ts';
import { mustRun } from '../support/process/run.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { dockpassBin } from '../support/dockpass/dockpass.ts';
import { hosts } from '../support/run/hosts.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';

const password = 'correct horse battery staple';

needs(...engineParts, ...(['host-names', 'registry-2.8', 'nginx', 'htpasswd', 'curl', 'openssl'] as const))(
  'docs/uninstall.md',
  () => {
    test('leaves a registry that asks for a password itself, and removes all files of dockpass', async () => {
      const machine = await oldMachine();
      const { path, privately } = machine;
      // The machine after docs/install.md. Its token server does not have to run, because no client uses it.
      const init = [
        'init',
        '--edge',
        'nginx',
        '--port',
        String(machine.tlsPort),
        '--out',
        path('etc/dockpass'),
      ];
      const names = ['--private-domain', hosts.private, '--public-domain', hosts.otherPublic];
      const tls = ['fullchain.pem', 'privkey.pem'].map((name) => path(`etc/ssl/registry/${name}`)).join(',');
      await mustRun(process.execPath, [dockpassBin, ...init, ...names, '--tls', tls], {
        cwd: path('.'),
        env: machine.recipe.env,
      });
      const written = await readFile(path('etc/dockpass/registry-config.yml'), 'utf8');
      const [auth = ''] = /^auth:\n(?: .*\n)*/m.exec(written) ?? [];
      expect(auth).toContain('rootcertbundle');
      await machine.write('etc/docker/registry/config.yml', `${auth}${oldRegistryConfig()}`);
      await machine.write(
        'etc/nginx/conf.d/dockpass-nginx.conf',
        await readFile(path('etc/dockpass/dockpass-nginx.conf'), 'utf8'),
      );
      for (const folder of ['opt/dockpass', 'usr/local/bin', 'etc/cron.d'])
        await mkdir(path(folder), { recursive: true });
      for (const file of ['usr/local/bin/dockpass', 'etc/systemd/system/dockpass.service'])
        await writeFile(path(file), '');
      await machine.startRegistry('2.8');
      await machine.startNginx();

      const ended: string[] = [];
      const recipe = await openRecipe('docs/uninstall.md', {
        ...machine.recipe,
        programs: {
          ...machine.recipe.programs,
          htpasswd: [part('htpasswd')],
          systemctl: ['true'],
          userdel: ['true'],
        },
        service: async (verb, unit) => {
          if (unit === 'dockpass') ended.push(verb);
          else await machine.recipe.service(verb, unit);
        },
        replace: [
          ['/etc/', `${path('etc')}/`],
          ['/usr/local/bin/', `${path('usr/local/bin')}/`],
          ['/opt/', `${path('opt')}/`],
          ['https://registry.example.com', `https://${privately}`],
          ['registry.example.com', hosts.private],
          ['listen 443', `listen ${machine.tlsPort}`],
          ['127.0.0.1:5000', machine.registry],
          ['alice:YOUR-LONG-PASSWORD', `'alice:${password}'`],
          ['YOUR-LONG-PASSWORD', password],
        ],
      });
      await recipe.next();
      expect((await recipe.next()).stderr).toContain('test is successful');
      await recipe.next();
      expect(ended).toEqual(['disable --now']);
      expect((await recipe.next()).stdout).toBe('{"repositories":[]}\n401');
      recipe.finish();
      for (const left of ['etc/dockpass', 'opt/dockpass', 'usr/local/bin/dockpass'])
        expect(existsSync(path(left))).toBe(false);
    });
  },
);
