import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { pluginRequest } from '../../support/kubernetes/plugin.ts';
import { basic } from '../../support/network/raw-http.ts';
import { repository } from '../../support/run/environment.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { newIssuerKey, signJwt, type IssuerKey } from '../../support/trust/issuer.ts';

// Pods of two clusters with the same issuer ask a server for registry tokens, with the files of `kubernetes init`.

const issuer = 'https://kubernetes.default.svc.cluster.local';
const host = 'registry.example.com:5001';
const uid = '0d9d2c1e-5d6f-4a40-9d7d-1f0f3f4c8a11';

let server: DockpassServer;
let folder: string;
let prod: IssuerKey;
let lab: IssuerKey;

beforeAll(async () => {
  folder = await temporaryDirectory('clusters');
  const home = await dockpassHome({ directory: folder, database: false });
  // Both clusters give their key the same id.
  prod = await newIssuerKey('RS256', 'key-1');
  lab = await newIssuerKey('RS256', 'key-1');
  const texts: string[] = [];
  for (const [cluster, key] of [
    ['prod', prod],
    ['lab', lab],
  ] as const) {
    await writeFile(join(folder, `${cluster}.json`), JSON.stringify({ keys: [key.publicJwk] }));
    await home.must([
      ...['kubernetes', 'init', '--cluster', cluster, '--issuer', issuer, '--host', host],
      ...['--jwks', `${cluster}.json`, '--out', cluster],
    ]);
    texts.push(await readFile(join(folder, cluster, 'trust.yml'), 'utf8'));
  }
  const [first = '', second = ''] = texts;
  // The rule of `lab` pins the service account.
  const pinned = second
    .slice(second.indexOf('trust:\n') + 'trust:\n'.length)
    .replace(
      /^( +)only: /m,
      `$1when: { kubernetes.io/namespace: shop, kubernetes.io/serviceaccount/uid: "${uid}" }\n$1only: `,
    );
  server = await startServe({ config: `${first}${pinned}` });
});

/** Issues a token as an API server does for a pod. */
async function tokenOf(key: IssuerKey, namespace: string, accountUid = uid): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const token = await signJwt(key, {
    aud: [host],
    exp: now + 3600,
    iat: now,
    iss: issuer,
    jti: '2e8f5b3c-6f3d-44d5-9c59-7f7e4d2c1b11',
    'kubernetes.io': {
      namespace,
      node: { name: 'node-1', uid: '6e2b1a4c-4a7e-4a0a-8b0e-0d0e8b6a0c11' },
      pod: { name: 'web-1', uid: '5d9a7f0e-7b39-4c60-9f0c-4f0ad7a3a111' },
      serviceaccount: { name: 'web', uid: accountUid },
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:web`,
  });
  registerSecret(token);
  return token;
}

/** Asks for a registry token with the login that the plugin of a cluster returns. @returns the access, or the status */
async function pull(cluster: string, token: string, repository: string): Promise<unknown> {
  const request = pluginRequest({ image: `${host}/${repository}:1`, serviceAccountToken: token });
  const plugin = join(folder, cluster, 'dockpass-credential-provider');
  const { stdout } = spawnSync(plugin, { input: JSON.stringify(request), encoding: 'utf8', env: {} });
  const { auth } = JSON.parse(stdout) as { auth: Record<string, { username: string; password: string }> };
  const login = auth[host] ?? expect.fail('the plugin gives no login');
  const scope = `repository:${repository}:pull,push`;
  const answer = await fetch(
    `${server.url}/auth/token?service=registry&offline_token=true&scope=${encodeURIComponent(scope)}`,
    { headers: { Authorization: basic(login.username, login.password) } },
  );
  if (answer.status !== 200) return answer.status;
  const body = (await answer.json()) as { token: string; refresh_token?: string };
  expect(body.refresh_token).toBeUndefined();
  const { sub, access } = decodeJwt<{ access: unknown }>(body.token);
  return { sub, access };
}

test('a pod pulls the images of its namespace, and can push nothing', async () => {
  const token = await tokenOf(prod, 'shop');
  expect(await pull('prod', token, 'shop/app')).toEqual({
    sub: 'ci:kubernetes-prod',
    access: [{ type: 'repository', name: 'shop/app', actions: ['pull'] }],
  });
  expect(await pull('prod', token, 'billing/app')).toEqual({ sub: 'ci:kubernetes-prod', access: [] });
  expect(await pull('prod', await tokenOf(prod, 'billing'), 'billing/app')).toMatchObject({
    access: [{ name: 'billing/app', actions: ['pull'] }],
  });
});

test('attack 87: the token of another cluster with the same issuer and key id has the rights of its own cluster', async () => {
  expect(await pull('lab', await tokenOf(lab, 'shop'), 'shop/app')).toMatchObject({
    sub: 'ci:kubernetes-lab',
  });
  expect(await pull('lab', await tokenOf(lab, 'billing'), 'billing/app')).toBe(401);
  const stranger = await newIssuerKey('RS256', 'key-1');
  expect(await pull('prod', await tokenOf(stranger, 'shop'), 'shop/app')).toBe(401);
});

test('attack 88: a service account that was created again has another uid, and cannot log in', async () => {
  const again = await tokenOf(lab, 'shop', 'ffffffff-5d6f-4a40-9d7d-1f0f3f4c8a11');
  expect(await pull('lab', again, 'shop/app')).toBe(401);
});

test('a new key counts when the key set is saved again, and the removed key no longer does', async () => {
  const old = await tokenOf(prod, 'shop');
  expect(await pull('prod', old, 'shop/app')).toMatchObject({ sub: 'ci:kubernetes-prod' });
  const next = await newIssuerKey('RS256', 'key-2');
  await writeFile(join(folder, 'prod.json'), JSON.stringify({ keys: [next.publicJwk] }));
  expect(await pull('prod', await tokenOf(next, 'shop'), 'shop/app')).toMatchObject({
    sub: 'ci:kubernetes-prod',
  });
  expect(await pull('prod', old, 'shop/app')).toBe(401);
});

test('the audit log names the pod, and says why a token was rejected, as docs/trust/kubernetes.md explains', async () => {
  await pull('lab', await tokenOf(lab, 'billing'), 'billing/app');
  await pull('prod', await tokenOf(await newIssuerKey('RS256', 'other'), 'shop'), 'shop/app');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: host, iat: now, exp: now + 300 };
  for (const changed of [{ iss: `${issuer}/` }, { aud: 'registry.example.com' }]) {
    const jwt = await signJwt(lab, { ...claims, ...changed });
    registerSecret(jwt);
    expect(await pull('lab', jwt, 'shop/app')).toBe(401);
  }
  expect(
    (await fetch(`${server.url}/auth/token?service=registry&scope=repository:shop/app:pull`)).status,
  ).toBe(401);
  const texts = [
    'granted nothing reason: no matching right',
    'jwt_rejected: no rule matches',
    'jwt_rejected: unknown key',
    'jwt_rejected: signature',
    'jwt_rejected: unknown issuer',
    'jwt_rejected: audience',
    'login_required',
  ];
  // Audit rows are written in groups, after the answers.
  let audit = '';
  await expect
    .poll(async () => {
      audit = (await server.must(['audit', '--since', '10m'])).stdout;
      return texts.filter((text) => !audit.includes(text));
    })
    .toEqual([]);
  expect(audit).toMatch(/ci:kubernetes-prod .*namespace shop, serviceaccount web, pod web-1/);
  const page = await readFile(join(repository, 'docs/trust/kubernetes.md'), 'utf8');
  for (const text of texts) expect(page).toContain(`\`${text}\``);
});
