import { expect, test } from 'vitest';
import { startCaddy } from '../support/edge/caddy.ts';
import { craneClient, curlClient } from '../support/client/clients.ts';
import { dockpassHome, startUp } from '../support/dockpass/dockpass.ts';
import { hosts } from '../support/run/hosts.ts';
import { handMadeImage, importImage } from '../support/registry/image.ts';
import { startNginx } from '../support/edge/nginx.ts';
import { oldMachine } from '../support/machine/old-machine.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { registryPart } from '../support/registry/registry.ts';

const name = 'my-team/web-app/front-end';
const password = 'correct horse battery staple';

for (const { proxy, version, edge } of [
  { proxy: 'nginx', version: '2.8', edge: 'caddy' },
  { proxy: 'caddy', version: '3.1', edge: 'nginx' },
] as const) {
  needs(
    ...engineParts,
    ...(['host-names', 'caddy', 'nginx', 'crane', 'curl', 'openssl'] as const),
    registryPart(version),
  )(`docs/behind-a-tls-proxy.md: ${proxy} in front of registry ${version} and ${edge}`, () => {
    test('runs with the five legacy settings on plain HTTP behind a proxy that forwards every domain', async () => {
      const machine = await oldMachine();
      const { docker, privately, publicly } = machine;
      const port = await freePort();
      const tls = `\ttls ${machine.path('etc/ssl/registry/fullchain.pem')} ${machine.path('etc/ssl/registry/privkey.pem')}\n`;
      const recipe = await openRecipe('docs/behind-a-tls-proxy.md', {
        ...machine.recipe,
        replace: [
          ['/etc/', `${machine.path('etc')}/`],
          ['registry.example.com, hub.example.com {\n', `https://:${machine.tlsPort} {\n${tls}`],
          ['public_domain=hub.example.com', `public_domain=${hosts.otherPublic}`],
          ['server_name registry.example.com hub.example.com', 'server_name _'],
          ['registry.example.com', privately],
          ['hub.example.com', publicly],
          ['listen 443', `listen ${machine.tlsPort}`],
          ['127.0.0.1:5001', `127.0.0.1:${port}`],
          ['--port 5001', `--port ${port} --registry ${part(registryPart(version))} --edge ${part(edge)}`],
          ['admin:YOUR-LONG-PASSWORD', `'admin:${password}'`],
          ['pass=YOUR-LONG-PASSWORD', `pass='${password}'`],
          ['YOUR-LONG-PASSWORD', password],
        ],
      });

      const up = await recipe.start();
      await up.line(/^dockpass is up/);
      if (proxy === 'nginx') await startNginx({ http: recipe.shown('nginx'), port: machine.tlsPort });
      else {
        const options = '{\n\tadmin off\n\tauto_https off\n}\n';
        await startCaddy({ caddyfile: options + recipe.shown('caddyfile'), port: machine.tlsPort });
      }

      await importImage(docker, 'hello');
      const used = await recipe.next();
      expect(used.output).toContain('Login Succeeded');

      // The recipe deletes the image next. First check that a user without the right cannot delete it, and that an
      // administrator cannot delete it on the public domain.
      const home = await dockpassHome({ directory: recipe.directory, env: machine.recipe.env });
      await home.addUser('bob', password);
      const inspected = await docker.must([
        'inspect',
        '--format',
        '{{index .RepoDigests 0}}',
        `${publicly}/${name}`,
      ]);
      const path = `v2/${name}/manifests/${inspected.stdout.trim().split('@')[1]}`;
      const curl = await curlClient();
      const remove = async (user: string, host: string): Promise<string> => {
        const env = { CURL_CA_BUNDLE: machine.authority.certificateFile };
        const args = ['-u', `${user}:${password}`, '-X', 'DELETE', '-w', ' %{http_code}'];
        return (await curl.must([...args, `https://${host}/${path}`], { env })).stdout;
      };
      expect(await remove('bob', privately)).toMatch(/"DENIED".* 403$/s);
      expect(await remove('admin', publicly)).toMatch(/"DENIED".* 403$/s);
      await docker.must(['pull', `${publicly}/${name}`]);
      await recipe.next();
      recipe.finish();
      expect((await docker.run(['pull', `${publicly}/${name}`])).output).toContain('manifest unknown');
    });
  });
}

needs(
  'registry-3.1',
  'caddy',
  'crane',
  'curl',
)('the legacy settings without REGISTRY_STORAGE_DELETE_ENABLED', () => {
  test('deletes nothing by default, not even for an administrator', async () => {
    const up = await startUp({
      tls: false,
      args: ['--registry', part('registry-3.1'), '--edge', part('caddy')],
      env: { user: 'admin', pass: password, public_domain: '127.0.0.1' },
    });
    const image = await handMadeImage();
    const crane = await craneClient();
    const host = `localhost:${up.edgePort}`;
    expect((await crane.login(host, 'admin', password)).status).toBe(0);
    await crane.must(['push', image.directory, `${host}/kept:1`]);
    const curl = await curlClient();
    const args = ['-u', `admin:${password}`, '-X', 'DELETE', '-w', ' %{http_code}'];
    const refused = await curl.must([...args, `http://${host}/v2/kept/manifests/${image.manifestDigest}`]);
    expect(refused.stdout).toMatch(/"UNSUPPORTED".* 405$/s);
    expect((await crane.must(['digest', `127.0.0.1:${up.edgePort}/kept:1`])).stdout.trim()).toBe(
      image.manifestDigest,
    );
  });
});
