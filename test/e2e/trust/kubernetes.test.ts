import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { craneClient } from '../../support/client/clients.ts';
import { startUp, type DockpassUp } from '../../support/dockpass/dockpass.ts';
import { openRecipe, type Recipe } from '../../support/docs/recipe.ts';
import { startCluster, type Cluster } from '../../support/kubernetes/cluster.ts';
import { mustRun, succeeded, type Ran } from '../../support/process/run.ts';
import { handMadeImage } from '../../support/registry/image.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { needs, part } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

// A real API server issues the tokens, the kubelet's own code gives them to the plugin, and a client pulls with them
// from a real registry. Only the kubelet itself and the container runtime are missing.

const password = 'correct horse battery staple';

needs(
  'kube-apiserver',
  'etcd',
  'kubectl',
  'kubelet-1.34',
  'registry-3.1',
  'nginx',
  'crane',
  'openssl',
)('a cluster whose pods pull with the tokens of their service accounts', () => {
  let cluster: Cluster;
  let recipe: Recipe;
  let up: DockpassUp;
  let host: string;
  let certificate: string;
  /** The answer to a request for a token before rbac.yaml is applied. */
  let earlyToken: Ran;
  /** What the first commands of the page print. */
  let prepared: string;

  /** Requests a token of a pod's service account, as the kubelet of the node does. */
  const requestToken = async (namespace: string, audience: string, node = 'node-1'): Promise<Ran> => {
    const path = ['get', 'pod', 'web-1', '--namespace', namespace, '--output', 'jsonpath={.metadata.uid}'];
    const { stdout: uid } = await cluster.must(path);
    return cluster.asNode(node, [
      ...['create', 'token', 'web', '--namespace', namespace, '--audience', audience],
      ...['--bound-object-kind', 'Pod', '--bound-object-name', 'web-1', '--bound-object-uid', uid],
    ]);
  };

  /** Pulls an image with the login that the kubelet gives to the container runtime. */
  const pullWith = async (token: string, image: string): Promise<Ran> => {
    const { stdout } = await mustRun(
      part('kubelet-1.34'),
      [
        'pull',
        join(recipe.directory, 'prod', 'credential-provider-config.yaml'),
        join(recipe.directory, 'prod'),
        image,
      ],
      { input: token },
    );
    const { logins } = JSON.parse(stdout) as { logins: { Username: string; Password: string }[] };
    const crane = await craneClient();
    const [login] = logins;
    if (login !== undefined) await crane.login(host, login.Username, login.Password);
    return crane.run(['pull', image, join(crane.directory, 'pulled.tar')], {
      env: { SSL_CERT_FILE: certificate },
    });
  };

  beforeAll(async () => {
    cluster = await startCluster(['node-1', 'node-2']);
    const port = await freePort();
    host = `localhost:${port}`;
    const objects = [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } },
      ...['shop', 'billing'].flatMap((namespace) => [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace } },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'web-1', namespace },
          spec: {
            nodeName: 'node-1',
            serviceAccountName: 'web',
            automountServiceAccountToken: false,
            containers: [{ name: 'web', image: `${host}/${namespace}/app:1` }],
          },
        },
      ]),
    ];
    const input = objects.map((object) => stringify(object)).join('---\n');
    await cluster.must(['create', '--filename', '-'], { input });
    earlyToken = await requestToken('shop', host);
    recipe = await openRecipe('docs/trust/kubernetes.md', {
      programs: { kubectl: cluster.kubectl },
      replace: [['registry.example.com', host]],
    });
    prepared = (await recipe.next()).stdout;
    const rule = await readFile(join(recipe.directory, 'prod', 'trust.yml'), 'utf8');
    up = await startUp({
      config: `${rule}\nup: { privateDomains: [localhost] }\n`,
      args: ['--registry', part('registry-3.1'), '--edge', part('nginx')],
      directory: recipe.directory,
      edge: { port, name: 'localhost' },
    });
    certificate = join(up.directory, 'data', 'up', 'tls', 'ca.crt');
    await recipe.next();
    recipe.finish();

    await up.addUser('alice', password);
    const crane = await craneClient();
    await crane.login(host, 'alice', password);
    const image = await handMadeImage();
    for (const name of ['shop/app', 'billing/app'])
      await crane.must(['push', image.directory, `${host}/${name}:1`], {
        env: { SSL_CERT_FILE: certificate },
      });
  });

  test('lets a node request a token for the registry only when rbac.yaml is applied', async () => {
    expect(earlyToken.status).toBe(1);
    expect(earlyToken.stderr).toContain('is not authorized to request tokens for this audience');
    expect(prepared).toContain('"issuer":"https://kubernetes.default.svc.cluster.local"');
    expect(prepared).toContain(`clusterrole.rbac.authorization.k8s.io/dockpass-image-pull:${host} created`);
    registerSecret(succeeded(await requestToken('shop', host)).stdout.trim());
  });

  test('pulls the images of the namespace, and no others', async () => {
    const token = succeeded(await requestToken('shop', host)).stdout.trim();
    registerSecret(token);
    succeeded(await pullWith(token, `${host}/shop/app:1`));
    const denied = await pullWith(token, `${host}/billing/app:1`);
    expect(denied.status).not.toBe(0);
    expect(denied.output).toMatch(/UNAUTHORIZED|DENIED/i);

    const other = succeeded(await requestToken('billing', host)).stdout.trim();
    registerSecret(other);
    succeeded(await pullWith(other, `${host}/billing/app:1`));
    expect((await pullWith(other, `${host}/shop/app:1`)).status).not.toBe(0);

    // Audit rows are written in groups, after the answers.
    await expect
      .poll(async () => (await up.must(['audit', '--user', 'ci:kubernetes-prod', '--since', '5m'])).stdout)
      .toMatch(
        /namespace shop, serviceaccount web, pod web-1[^]*namespace billing, serviceaccount web, pod web-1/,
      );
  });

  test('explains with `trust test` which rule matches a token', async () => {
    const { stdout: token } = succeeded(await requestToken('shop', host));
    registerSecret(token.trim());
    const { stdout } = await up.must(['trust', 'test', '-'], { input: token });
    expect(stdout).toContain('kubernetes-prod');
    const { stdout: foreign } = await cluster.must(['create', 'token', 'web', '--namespace', 'shop']);
    registerSecret(foreign.trim());
    expect((await up.cli(['trust', 'test', '-'], { input: foreign })).status).toBe(1);
    expect((await pullWith(foreign.trim(), `${host}/shop/app:1`)).status).not.toBe(0);
  });

  test('gives a node no token of a pod that runs on another node, or for another audience', async () => {
    expect((await requestToken('shop', host, 'node-2')).stderr).toContain(
      'no relationship found between node',
    );
    expect((await requestToken('shop', 'other.example.com')).status).toBe(1);
  });
});
