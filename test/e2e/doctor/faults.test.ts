import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bundlePathOf,
  copyTo,
  writeLeafOf,
  startHealthySetup,
  makeReadableByAll,
  makeWritableByAll,
  startOtherDockpass,
  startWithOldKeys,
  type HealthySetup,
  type EdgeChange,
  type RegistryChange,
  type DoctorCall,
} from '../../support/machine/doctor-faults.ts';
import { ofEachKind } from '../../support/edge/registry-behind-edge.ts';
import { dockpassBin, startUp } from '../../support/dockpass/dockpass.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { repository } from '../../support/run/environment.ts';
import { atAnotherTime } from '../../support/process/faketime.ts';
import { hosts } from '../../support/run/hosts.ts';
import { startNginx } from '../../support/edge/nginx.ts';
import { setClockOf } from '../../support/process/changed-clock.ts';
import { findPart, needs, part } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import type { RegistryVersion } from '../../support/registry/registry.ts';
import { mustRun, run } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { testAuthority } from '../../support/tls/tls.ts';

// Each test sets up one real fault, and everything else is healthy. doctor must report this fault and nothing that only
// follows from it, and exit with status 1.

/** All kinds of edges. Traefik is included only if it is installed. */
const edgeKinds = (['nginx', 'caddy', 'traefik'] as const).filter(
  (kind) => kind !== 'traefik' || findPart(kind) !== undefined,
);

type SetUp = (setup: HealthySetup) => Promise<DoctorCall>;

needs(
  ...(['registry-2.8', 'registry-3.0', 'registry-3.1', 'nginx', 'caddy'] as const),
  ...(['openssl', 'faketime', 'htpasswd', 'host-names', 'other-clock'] as const),
)('dockpass doctor', () => {
  let setup: HealthySetup;
  beforeAll(async () => {
    setup = await startHealthySetup();
  });

  describe('finds nothing in a healthy setup', () => {
    test.each(ofEachKind.filter(({ edge }) => edgeKinds.includes(edge)))(
      'with registry $registry behind $edge',
      async ({ registry: version, edge: kind }) => {
        const call = await behindEdge(setup, { version, deletes: true }, { kind });
        // doctor recognizes a registry 2.x without access to its process, and warns that 2.x has known vulnerabilities.
        const codes = version === '2.8' ? ['registry_outdated'] : [];
        expect(await setup.doctor(call)).toMatchObject({ codes, status: 0 });
      },
    );

    test('with deletion disabled', async () => {
      expect(await setup.doctor()).toMatchObject({ findings: [], status: 0 });
    });

    test('if it knows only the edge', async () => {
      const registry = `https://${hosts.private}:${setup.port}`;
      expect(await setup.doctor({ registry })).toMatchObject({ findings: [], status: 0 });
    });
  });

  test.each<[fault: string, found: string, setUp: SetUp]>([
    ['the registry names another service', 'wrong_service', registryWith({ token: { service: 'other' } })],
    [
      'the registry requires another issuer (3.1)',
      'wrong_issuer',
      registryWith({ token: { issuer: 'Acme' } }),
    ],
    [
      'the registry requires an issuer from a tutorial (2.8)',
      'wrong_issuer',
      registryWith({ version: '2.8', token: { issuer: 'Acme auth server' } }),
    ],
    [
      'the registry requires another issuer, and doctor reads its configuration file (2.8)',
      'wrong_issuer',
      (at) => withConfigFile(at, { version: '2.8', token: { issuer: 'Acme' } }),
    ],
    [
      'the rootcertbundle belongs to another CA',
      'other_authority',
      async (at) => {
        const rootcertbundle = bundlePathOf(await startOtherDockpass());
        return behindEdge(at, { token: { rootcertbundle } });
      },
    ],
    [
      'the rootcertbundle belongs to another CA, and doctor reads the configuration file of the registry',
      'other_authority',
      async (at) => {
        const rootcertbundle = bundlePathOf(await startOtherDockpass());
        return withConfigFile(at, { version: '2.8', token: { rootcertbundle } });
      },
    ],
    [
      'the rootcertbundle contains the leaf certificate instead of the CA',
      'leaf_in_bundle',
      async (at) => {
        const rootcertbundle = await writeLeafOf(at.dockpass, await temporaryDirectory());
        return behindEdge(at, { token: { rootcertbundle } });
      },
    ],
    [
      'the rootcertbundle contains an older leaf certificate',
      'leaf_in_bundle',
      async (at) => {
        const home = await startOtherDockpass();
        const rootcertbundle = await writeLeafOf(home, await temporaryDirectory());
        await home.must(['keys', 'rotate']);
        const token = { rootcertbundle };
        return { ...(await withConfigFile(at, { version: '2.8', token }, { dockpass: home.port })), home };
      },
    ],
    [
      'the registry was not restarted after the CA changed',
      'registry_not_restarted',
      async (at) => {
        const rootcertbundle = await copyTo(
          bundlePathOf(await startOtherDockpass()),
          await temporaryDirectory(),
        );
        const call = await withConfigFile(at, { version: '2.8', token: { rootcertbundle } });
        await copyFile(at.bundle, rootcertbundle);
        return call;
      },
    ],
    [
      'the realm is http behind an https edge',
      'realm_scheme',
      edgeWith({ change: (text) => text.replaceAll('X-Forwarded-Proto https', 'X-Forwarded-Proto http') }),
    ],
    [
      'the configured realm is http',
      'realm_scheme',
      registryWith({ token: { autoredirect: false, realm: `http://${hosts.private}/auth/token` } }),
    ],
    ['autoredirectpath is wrong', 'realm_path', registryWith({ token: { autoredirectpath: '/token' } })],
    [
      'the configured realm has a wrong path',
      'realm_path',
      registryWith({
        version: '2.8',
        token: { autoredirect: false, realm: `https://${hosts.private}/token` },
      }),
    ],
    [
      'the edge rewrites Host',
      'edge_host',
      edgeWith({ change: (text) => text.replaceAll('Host $dockpass_host', 'Host $proxy_host') }),
    ],
    [
      'the edge rewrites Host only for the token server',
      'edge_host',
      edgeWith({
        change: (text) =>
          text.replace(/(location \/auth\/ [\s\S]*?)Host \$dockpass_host/, '$1Host $proxy_host'),
      }),
    ],
    [
      'the edge drops the port from Host',
      'edge_host_port',
      edgeWith({ change: (text) => text.replaceAll('Host $dockpass_host', 'Host $host') }),
    ],
    ['autoredirect is off with two domains', 'realm_fixed', registryWith({ token: { autoredirect: false } })],
    [
      '/auth/ goes to the registry, which answers 404',
      'auth_not_routed',
      async (at) => ({ port: await at.startEdge({ dockpass: at.registry.port }) }),
    ],
    [
      '/v2/ goes to dockpass',
      'v2_to_token_server',
      async (at) => ({ port: await at.startEdge({ registry: at.dockpass.port }) }),
    ],
    [
      'the registry is not reachable',
      'registry_unreachable',
      async () => ({ registry: `http://127.0.0.1:${await freePort()}` }),
    ],
    [
      'the edge cannot reach the registry',
      'registry_unreachable',
      async (at) => {
        const port = await at.startEdge({ registry: await freePort() });
        return { port, registry: `https://${hosts.private}:${port}` };
      },
    ],
    [
      'nginx limits the size of request bodies',
      'body_capped',
      edgeWith({ change: (text) => text.replace('client_max_body_size 0;', 'client_max_body_size 1g;') }),
    ],
    [
      'Caddy limits the size of request bodies',
      'body_capped',
      edgeWith({
        kind: 'caddy',
        change: (text) => text.replace('route /v2/* {', 'route /v2/* {\nrequest_body {\nmax_size 10MB\n}'),
      }),
    ],
    [
      'the edge buffers uploads',
      'uploads_buffered',
      edgeWith({ change: (text) => text.replace('proxy_request_buffering off;', '') }),
    ],
    ["the registry's clock is an hour behind (2.8)", 'registry_clock', registryAtAnotherTime('2.8', -3600)],
    ["the registry's clock is an hour ahead (3.0)", 'registry_clock', registryAtAnotherTime('3.0', 3600)],
    ["the registry's clock is an hour behind (3.1)", 'registry_clock', registryAtAnotherTime('3.1', -3600)],
    [
      'the leaf certificate has expired because the clock was wrong',
      'leaf_expired token_server_clock',
      async (at) => {
        const home = await startWithOldKeys(200, await atAnotherTime('-200d'));
        const token = { rootcertbundle: bundlePathOf(home) };
        // doctor runs without faketime, so its clock is right.
        const env = { LD_PRELOAD: '' };
        return { ...(await behindEdge(at, { token }, { dockpass: home.port })), home, env };
      },
    ],
    [
      'registry 3.x has only jwks, but tokens contain x5c',
      'jwks_refuses_x5c',
      async (at) => {
        const jwks = join(at.dockpass.directory, 'keys', 'jwks.json');
        return behindEdge(at, { token: { jwks, rootcertbundle: undefined } });
      },
    ],
    [
      'the key id is not in the JWKS file',
      'kid_unknown',
      async (at) => {
        const home = await startOtherDockpass({ DOCKPASS_KEYS_MODE: 'kid' });
        const jwks = await copyTo(join(home.directory, 'keys', 'jwks.json'), await temporaryDirectory());
        const call = await behindEdge(
          at,
          { token: { jwks, rootcertbundle: undefined } },
          { dockpass: home.port },
        );
        await home.must(['keys', 'rotate']);
        return { ...call, home };
      },
    ],
    [
      'registry 2.8 does not support EdDSA',
      'algorithm_unknown',
      async (at) => {
        const home = await startOtherDockpass({ DOCKPASS_KEYS_ALGORITHM: 'EdDSA' });
        const token = { rootcertbundle: bundlePathOf(home) };
        return { ...(await behindEdge(at, { version: '2.8', token }, { dockpass: home.port })), home };
      },
    ],
    [
      'the public domain does not resolve to the edge',
      'name_elsewhere',
      async (at) => {
        const port = await freePort();
        const { certificateFile, keyFile } = at.certificate;
        const tls = `ssl_certificate ${certificateFile}; ssl_certificate_key ${keyFile};`;
        await startNginx({ http: `server { listen ${port} ssl; ${tls} return 200 hello; }`, port });
        return { env: { DOCKPASS_PUBLIC_DOMAINS: `${hosts.public}:${port}` } };
      },
    ],
    [
      'nothing listens at the address of the public domain',
      'door_closed',
      async () => ({ env: { DOCKPASS_PUBLIC_DOMAINS: `${hosts.public}:${await freePort()}` } }),
    ],
    [
      'the TLS certificate is not for this name',
      'certificate_name',
      async (at) => ({
        port: await at.startEdge({ certificate: await at.authority.issue(['example.test']) }),
      }),
    ],
    [
      'the TLS certificate has expired',
      'certificate_expired',
      async (at) => {
        const env = await atAnotherTime('-3d');
        const certificate = await at.authority.issue([hosts.public, hosts.private], 1, env);
        return { port: await at.startEdge({ certificate }) };
      },
    ],
    [
      'docker on this machine does not trust the CA of the TLS certificate',
      'certificate_untrusted',
      async (at) => {
        const certificate = await (await testAuthority()).issue([hosts.public, hosts.private]);
        return { port: await at.startEdge({ certificate }) };
      },
    ],
    [
      'other users can read the key files',
      'key_files_open',
      async (at) => {
        await makeReadableByAll(join(at.dockpass.directory, 'keys', 'authority.pem'));
        return {};
      },
    ],
    [
      'other users can write to the folder of the keys',
      'files_unprotected',
      async (at) => {
        await makeWritableByAll(join(at.dockpass.directory, 'keys'));
        return {};
      },
    ],
    [
      'the settings enable deletion, but the registry has it disabled',
      'deletion_off',
      async () => ({ env: { REGISTRY_STORAGE_DELETE_ENABLED: 'true' } }),
    ],
    ['the registry has no auth section', 'registry_without_auth', registryWith({ token: null })],
    [
      'an htpasswd section next to the token section prevents the registry from starting',
      'registry_two_auths registry_unreachable',
      async (at) => {
        const file = join(await temporaryDirectory(), 'config.yml');
        const text =
          'version: 0.1\nauth:\n  token: { service: registry }\n  htpasswd: { realm: x, path: y }\n';
        await writeFile(file, text);
        expect((await run(part('registry-3.1'), ['serve', file])).output).toContain('exactly one type');
        const port = await freePort();
        return {
          registry: `http://127.0.0.1:${port}`,
          registryConfig: file,
          port: await at.startEdge({ registry: port }),
        };
      },
    ],
    [
      'the registry checks passwords itself',
      'registry_basic_auth',
      async (at) => {
        const path = await passwordFile();
        return behindEdge(at, { token: null, auth: { htpasswd: { realm: 'x', path } } });
      },
    ],
    [
      'two dockpass servers with different keys answer on one domain',
      'two_token_servers',
      async (at) => {
        const { port } = await startOtherDockpass();
        const both = `upstream both { server 127.0.0.1:${at.dockpass.port}; server 127.0.0.1:${port}; }`;
        const change = (text: string) =>
          `${both}\n${text.replace(/(location \/auth\/ [\s\S]*?proxy_pass http:\/\/)[^;]+;/, '$1both;')}`;
        return { port: await at.startEdge({ change }) };
      },
    ],
    [
      'the edge adds its own Basic auth',
      'edge_own_login',
      async (at) => {
        const basic = `auth_basic restricted; auth_basic_user_file ${await passwordFile()};`;
        const change = (text: string) => text.replace('location /v2/ {', `location /v2/ { ${basic}`);
        return { port: await at.startEdge({ change }) };
      },
    ],
    [
      'clients can bypass the edge and use the registry without a token',
      'registry_open_around_edge',
      async (at) => ({
        registry: (await at.startRegistry({ token: null, storage: at.registry.storage })).url,
      }),
    ],
  ])('%s', async (_fault, found, setUp) => {
    const { codes, status, ran } = await setup.doctor(await setUp(setup));
    expect(codes.join(' '), ran.stdout).toBe(found);
    expect(status).toBe(1);
  });

  test('checks the registry through the edge if it cannot reach the registry itself', async () => {
    const { port } = await behindEdge(setup, { token: { issuer: 'Acme auth server' } });
    const registry = `https://${hosts.private}:${port}`;
    expect(await setup.doctor({ registry, port: port ?? 0 })).toMatchObject({
      codes: ['wrong_issuer'],
      status: 1,
    });
  });

  test('warns if the trust bundle of the registry also contains the CA of others', async () => {
    const rootcertbundle = join(await temporaryDirectory(), 'both.pem');
    const others = await readFile(bundlePathOf(await startOtherDockpass()), 'utf8');
    await writeFile(rootcertbundle, (await readFile(setup.bundle, 'utf8')) + others);
    const call = await withConfigFile(setup, { token: { rootcertbundle } });
    expect(await setup.doctor(call)).toMatchObject({
      findings: [
        {
          code: 'bundle_trusts_others',
          severity: 'warning',
          problem: expect.stringContaining(new X509Certificate(others).subject) as string,
          fix: expect.stringContaining(`dockpass keys export > ${rootcertbundle}`) as string,
        },
      ],
      status: 0,
    });
  });

  test('reports an invalid configuration', async () => {
    const { findings, status } = await setup.doctor({ env: { DOCKPASS_SERVCIE: 'x' } });
    expect(status).toBe(1);
    expect(findings).toMatchObject([
      { code: 'configuration', problem: expect.stringContaining('Did you mean DOCKPASS_SERVICE?') as string },
    ]);
  });

  describe('with a running `dockpass up`', () => {
    const programs = () => ['--registry', part('registry-3.1'), '--edge', part('caddy')];

    test('finds no problem, lists what it checked, and docs/doctor.md watches all parts', async () => {
      const up = await startUp({ args: [...programs(), '--public-domain', '127.0.0.1'] });
      const ran = await up.cli(['doctor']);
      expect(ran).toMatchObject({ stdout: '', status: 0 });
      const [settings, machine, ...checked] = ran.stderr.trimEnd().split('\n');
      expect(settings).toMatch(/^using the settings of the running server \(dockpass up, process \d+ on /);
      expect(machine).toMatch(/^checked: this machine/);
      expect(checked).toEqual([
        `checked: registry http://127.0.0.1:${up.registryPort}`,
        `checked: public domain 127.0.0.1, at https://127.0.0.1:${up.edgePort}`,
        `checked: private domain localhost, at https://localhost:${up.edgePort}`,
        'no problems found',
      ]);
      const explained = await up.must(['explain', '--host', `127.0.0.1:${up.edgePort}`, 'repository:a:pull']);
      expect(explained.stdout).toContain('scope   repository:a:pull: pull, because: public repository');

      const recipe = await openRecipe('docs/doctor.md', {
        directory: up.directory,
        replace: [['registry.example.com', `localhost:${up.edgePort}`]],
        env: { ...up.env, CURL_CA_BUNDLE: join(up.directory, 'data/up/tls/ca.crt') },
        programs: { dockpass: [process.execPath, dockpassBin] },
      });
      await recipe.next();
      expect(await readFile(join(up.directory, 'findings.json'), 'utf8')).toBe('[]\n');
      expect((await recipe.next()).stdout).toBe('401\n');
      recipe.finish();
    });

    test('knows that TLS is off, even if only the environment of `up` says so', async () => {
      const up = await startUp({ tls: false, args: programs(), env: { public_domain: '127.0.0.1' } });
      const ran = await up.cli(['doctor', '--json'], { env: { public_domain: '' } });
      expect(ran).toMatchObject({ stdout: '[]\n', status: 0 });
      expect(ran.stderr).toContain(`checked: public domain 127.0.0.1, at http://127.0.0.1:${up.edgePort}\n`);
    });
  });

  test('finds the configuration file of a registry on this machine, and considers its environment variables', async () => {
    const call = await behindEdge(setup, { version: '2.8', token: { issuer: 'Acme' } });
    const { findings } = await setup.doctor({ ...call, findsProcesses: true });
    expect(findings).toMatchObject([
      { code: 'wrong_issuer', fix: expect.stringContaining('config.yml') as string },
    ]);
  });

  test('with --read-only uploads nothing', async () => {
    const { url, port, storage } = await setup.startRegistry({ deletes: true });
    const call = { registry: url, port: await setup.startEdge({ registry: port }) };
    expect(await setup.doctor({ ...call, args: ['--read-only'] })).toMatchObject({
      findings: [],
      status: 0,
    });
    expect(existsSync(storage)).toBe(false);
  });

  test('reaches the edge with --edge or --resolve if DNS does not resolve the domain', async () => {
    const name = 'pull.dockpass.invalid';
    const home = await startOtherDockpass({ DOCKPASS_PUBLIC_DOMAINS: name, DOCKPASS_UP_PRIVATE_DOMAINS: '' });
    const edge = { dockpass: home.port, certificate: await setup.authority.issue([name]) };
    const call = await behindEdge(setup, { token: { rootcertbundle: bundlePathOf(home) } }, edge);
    for (const args of [
      ['--edge', `https://127.0.0.1:${call.port}`],
      ['--resolve', `${name}:${call.port}:127.0.0.1`],
    ])
      expect(await setup.doctor({ ...call, home, args })).toMatchObject({ findings: [], status: 0 });
  });

  test('reports a misspelled public domain, which has no address', async () => {
    // With this nsswitch.conf, names are looked up only in /etc/hosts, so no DNS query leaves the machine.
    const file = join(await temporaryDirectory(), 'nsswitch.conf');
    await writeFile(file, 'hosts: files\n');
    const doctor = [join(repository, 'bin', 'dockpass.js'), 'doctor', '--registry', setup.registry.url];
    const ran = await run(
      'unshare',
      [
        '--mount',
        'sh',
        '-c',
        `mount --bind ${file} /etc/nsswitch.conf && exec "$@"`,
        'sh',
        process.execPath,
        ...doctor,
      ],
      {
        cwd: setup.dockpass.directory,
        env: {
          ...setup.dockpass.env,
          DOCKPASS_UP_PORT: String(setup.port),
          DOCKPASS_PUBLIC_DOMAINS: 'pul.example.test',
        },
      },
    );
    expect(ran.stdout).toMatch(
      /^wrong \[name_unresolved\]\n {2}Problem: pul\.example\.test .*\n {2}Impact: .*\n {2}Fix: .*publicDomains/,
    );
    expect(ran.status).toBe(1);
  });

  test('warns if clients with a token can bypass the edge', async () => {
    const call = await behindEdge(setup, { everywhere: true });
    expect(await setup.doctor(call)).toMatchObject({ codes: ['registry_exposed'], status: 0 });
  });
});

/** Starts this registry behind its own edge. doctor does not get the configuration file of the registry. */
async function behindEdge(
  setup: HealthySetup,
  registry: RegistryChange,
  edge: EdgeChange = {},
): Promise<DoctorCall> {
  const { registryConfig: _removed, ...call } = await withConfigFile(setup, registry, edge);
  return call;
}

/** Starts this registry behind its own edge. doctor gets the configuration file of the registry. */
async function withConfigFile(
  setup: HealthySetup,
  registry: RegistryChange,
  edge: EdgeChange = {},
): Promise<DoctorCall> {
  const { url, port, configFile } = await setup.startRegistry(registry);
  return {
    registry: url,
    port: await setup.startEdge({ ...edge, registry: port }),
    registryConfig: configFile,
  };
}

function registryWith(change: RegistryChange): SetUp {
  return (setup) => behindEdge(setup, change);
}

/**
 * Starts a registry, and changes its clock while it runs.
 * @param seconds how far its clock is ahead of the machine's clock; negative if it is behind
 */
function registryAtAnotherTime(version: RegistryVersion, seconds: number): SetUp {
  return async (at) => {
    const registry = await at.startRegistry({ version });
    await setClockOf(registry.process.pid, seconds);
    return { registry: registry.url, port: await at.startEdge({ registry: registry.port }) };
  };
}

function edgeWith(change: EdgeChange): SetUp {
  return async (setup) => ({ port: await setup.startEdge(change) });
}

async function passwordFile(): Promise<string> {
  const path = join(await temporaryDirectory(), 'htpasswd');
  await mustRun(part('htpasswd'), ['-cbB', path, 'alice', 'secret']);
  return path;
}
