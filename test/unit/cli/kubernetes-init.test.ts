import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { JWK } from 'jose';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kubernetesCommand } from '../../../src/cli/commands/kubernetes.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { TrustRule } from '../../../src/trust/trust-rule.ts';
import { newIssuerKey } from '../../support/trust/issuer.ts';
import { clusterKey, writeKeySet } from '../../support/kubernetes/cluster-keys.ts';
import { withVariants } from '../../support/kubernetes/variant.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const issuer = 'https://kubernetes.default.svc.cluster.local';
const names = ['credential-provider-config.yaml', 'dockpass-credential-provider', 'rbac.yaml', 'trust.yml'];

let key: JWK;
beforeAll(async () => {
  key = await clusterKey();
});
let said: string[];
beforeEach(() => {
  said = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});

interface Options {
  readonly cluster?: string;
  readonly issuer?: string;
  readonly jwks?: string;
  readonly host?: string;
}

async function init(options: Options = {}, out?: string): Promise<string> {
  const folder = out ?? join(await temporaryDirectory('kubernetes'), 'new');
  const given = {
    cluster: 'prod',
    issuer,
    jwks: options.jwks ?? (await writeKeySet({ keys: [key] })),
    host: 'registry.example.com',
    ...options,
    out: folder,
  };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  await kubernetesCommand().parseAsync(['init', ...args], { from: 'user' });
  return folder;
}

const read = (folder: string, name: string): Promise<string> => readFile(join(folder, name), 'utf8');

/** Loads the trust rules of a configuration file, as a server does. */
async function rulesIn(text: string): Promise<readonly TrustRule[]> {
  const file = join(await temporaryDirectory('config'), 'dockpass.yml');
  await writeFile(file, text);
  return (await loadConfig({ file, environment: {} })).trust;
}

test('writes four files and says what to do with them', async () => {
  const folder = await init();
  expect((await readdir(folder)).sort()).toEqual(names);
  for (const name of names)
    expect((await stat(join(folder, name))).mode & 0o777).toBe(name.startsWith('dockpass-') ? 0o755 : 0o644);
  const text = said.join('');
  for (const name of names) expect(text).toContain(name);
  expect(text).toContain('kubectl apply -f');
});

test('writes all files with the audience of the registry, with its port', async () => {
  const folder = await init({ host: 'Registry.example.com:5001' });
  const host = 'registry.example.com:5001';
  const config = parse(await read(folder, 'credential-provider-config.yaml')) as unknown;
  expect(config).toEqual({
    apiVersion: 'kubelet.config.k8s.io/v1',
    kind: 'CredentialProviderConfig',
    providers: [
      {
        name: 'dockpass-credential-provider',
        matchImages: [host],
        defaultCacheDuration: '0s',
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        tokenAttributes: {
          serviceAccountTokenAudience: host,
          cacheType: 'Token',
          requireServiceAccount: true,
        },
      },
    ],
  });
  const [role, binding] = parseAllDocuments(await read(folder, 'rbac.yaml')).map(
    (document) => document.toJS() as unknown,
  );
  expect(role).toMatchObject({
    kind: 'ClusterRole',
    rules: [{ apiGroups: [''], resources: [host], verbs: ['request-serviceaccounts-token-audience'] }],
  });
  expect(binding).toMatchObject({
    kind: 'ClusterRoleBinding',
    subjects: [{ kind: 'Group', name: 'system:nodes' }],
    roleRef: { kind: 'ClusterRole', name: (role as { metadata: { name: string } }).metadata.name },
  });
  expect(await read(folder, 'dockpass-credential-provider')).toContain(`\nregistry='${host}'\n`);
  expect((await rulesIn(await read(folder, 'trust.yml')))[0]?.audiences).toEqual([host]);
});

test('writes the default port as it is given, because the kubelet compares ports as texts', async () => {
  const folder = await init({ host: 'registry.example.com:443' });
  expect(await read(folder, 'credential-provider-config.yaml')).toContain(
    'matchImages: ["registry.example.com:443"]',
  );
});

describe('trust.yml', () => {
  test('has one rule, which dockpass accepts: a pod pulls the images of its namespace', async () => {
    const jwks = await writeKeySet({ keys: [key] });
    const folder = await init({ jwks });
    const rules = await rulesIn(await read(folder, 'trust.yml'));
    expect(rules).toEqual([
      expect.objectContaining({
        name: 'kubernetes-prod',
        issuer,
        jwks,
        audiences: ['registry.example.com'],
        when: [],
        session: 0,
      }),
    ]);
    expect(rules[0]?.only).toMatchObject([{ pattern: '${kubernetes.io/namespace}/**', actions: ['pull'] }]);
  });

  test('has variants as comments, which dockpass accepts in the place where they are', async () => {
    const rules = await rulesIn(withVariants(await read(await init(), 'trust.yml')));
    expect(rules.map(({ name }) => name)).toEqual([
      'kubernetes-prod-shop-web',
      'kubernetes-prod-shared',
      'kubernetes-prod',
    ]);
    expect(rules[0]?.when.map(({ claim }) => claim)).toEqual([
      'kubernetes.io/namespace',
      'kubernetes.io/serviceaccount/name',
      'kubernetes.io/serviceaccount/uid',
    ]);
    for (const { session, jwks, audiences } of rules)
      expect({ session, jwks, audiences }).toEqual({
        session: 0,
        jwks: rules[2]?.jwks,
        audiences: ['registry.example.com'],
      });
  });

  test('names the key set by its absolute path, in quotes', async () => {
    const jwks = await writeKeySet({ keys: [key] }, 'a "key" set: #1.json');
    const folder = await init({ jwks: relative(process.cwd(), jwks) });
    expect((await rulesIn(await read(folder, 'trust.yml')))[0]?.jwks).toBe(jwks);
  });
});

describe('rejects, and writes nothing:', () => {
  const rejected = async (options: Options): Promise<{ code: string; message: string }> => {
    const folder = join(await temporaryDirectory('kubernetes'), 'new');
    const error = await init(options, folder).then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string; message: string },
    );
    expect(await readdir(folder).catch(() => [])).toEqual([]);
    if (error === undefined) throw new Error('it was not rejected');
    return error;
  };

  test.each([
    ['a cluster name with a slash', { cluster: 'eks/prod' }, /^--cluster: use letters/],
    ['a cluster name with a line break', { cluster: 'prod\n- name: x' }, /^--cluster/],
    ['a long cluster name', { cluster: 'a'.repeat(60) }, /^--cluster/],
    ['an issuer over http', { issuer: 'http://kubernetes.default.svc' }, /^--issuer: must be an https URL/],
    ['an issuer that is no URL', { issuer: 'kubernetes' }, /^--issuer/],
    ['an issuer that is a preset', { issuer: 'gitlab' }, /^--issuer/],
    ['an issuer with a line break', { issuer: 'https://a.test/\nb' }, /^--issuer/],
    ['a host with a scheme', { host: 'https://registry.example.com' }, /^--host/],
    ['a host with a path', { host: 'registry.example.com/team' }, /^--host/],
    ['a host with a star', { host: '*.example.com' }, /^--host/],
    ['a host with a quote', { host: "a'b" }, /^--host/],
    ['a host with a wrong port', { host: 'registry.example.com:70000' }, /^--host/],
    ['an IPv6 address', { host: '[::1]:5000' }, /^--host/],
  ])('%s', async (_what, options, message) => {
    const error = await rejected(options);
    expect(error.code).toBe('bad_usage');
    expect(error.message).toMatch(message);
  });

  test('a key set with a private part', async () => {
    const { privateKey } = await newIssuerKey('ES256');
    const jwk = { ...(await (await import('jose')).exportJWK(privateKey)), kid: 'a' };
    const error = await rejected({ jwks: await writeKeySet({ keys: [key, jwk] }) });
    expect(error.code).toBe('key_files');
    expect(error.message).toContain('private or symmetric key (kid: a)');
    expect(error.message).not.toContain(jwk.d);
  });

  test.each<[string, unknown, RegExp]>([
    ['a symmetric key', { keys: [{ kty: 'oct', kid: 'a', k: 'AAAA' }] }, /symmetric key/],
    ['a text that is not JSON', 'apiVersion: v1', /not JSON/],
    ['another JSON document', { issuer }, /`keys`/],
    ['an empty key set', { keys: [] }, /contains no key/],
    ['a key of an unknown type', { keys: [{ kty: 'AKP', kid: 'a' }] }, /kty/],
    ['a short RSA key', { keys: [{ kty: 'RSA', kid: 'a', n: 'x'.repeat(171), e: 'AQAB' }] }, /2048/],
    ['a damaged key', { keys: [{ kty: 'EC', kid: 'a', crv: 'P-256', x: 'AA', y: 'AA' }] }, /damaged/],
    ['an encryption key', { keys: [{ kty: 'EC', kid: 'a', use: 'enc' }] }, /not for signatures/],
  ])('a key set file with %s', async (_what, content, message) => {
    const error = await rejected({ jwks: await writeKeySet(content) });
    expect(error.code).toBe('key_files');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('kubectl get --raw /openid/v1/jwks');
  });

  test('a key without a kid', async () => {
    const { kid: _kid, ...rest } = key;
    expect((await rejected({ jwks: await writeKeySet({ keys: [rest] }) })).message).toContain('no kid');
  });

  test('a key set file that does not exist', async () => {
    expect(await rejected({ jwks: '/nowhere/prod.json' })).toMatchObject({ code: 'key_files' });
  });
});

test('overwrites no file', async () => {
  const folder = await temporaryDirectory('kubernetes');
  await writeFile(join(folder, 'rbac.yaml'), 'mine');
  await expect(init({}, folder)).rejects.toMatchObject({
    code: 'already_exists',
    message: expect.stringContaining(join(folder, 'rbac.yaml')) as string,
  });
  expect(await readdir(folder)).toEqual(['rbac.yaml']);
});

test.each(['cluster', 'issuer', 'jwks', 'host'])(
  'requires --%s and exits with 2 without it',
  async (missing) => {
    const given = { cluster: 'prod', issuer, jwks: 'prod.json', host: 'registry.example.com' };
    const args = Object.entries(given).flatMap(([name, value]) =>
      name === missing ? [] : [`--${name}`, value],
    );
    expect(await runCli(['node', 'dockpass', 'kubernetes', 'init', ...args])).toBe(2);
    expect(said.join('')).toContain(`--${missing}`);
  },
);
