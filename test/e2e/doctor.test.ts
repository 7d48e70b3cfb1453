import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bundlePathOf,
  copyTo,
  writeLeafOf,
  startHealthySetup,
  makeReadableByAll,
  startOtherDockpass,
  type HealthySetup,
  type EdgeChange,
  type RegistryChange,
  type DoctorCall,
} from '../support/machine/doctor-faults.ts';
import { startUp } from '../support/dockpass/dockpass.ts';
import { repository } from '../support/run/environment.ts';
import { atAnotherTime } from '../support/process/faketime.ts';
import { hosts } from '../support/run/hosts.ts';
import { startNginx } from '../support/edge/nginx.ts';
import { setClockOf } from '../support/process/changed-clock.ts';
import { findPart, needs, part } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { registryVersions, type RegistryVersion } from '../support/registry/registry.ts';
import { mustRun, run } from '../support/process/run.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

// One fault each, set up for real; everything else is healthy. doctor names it first, tells nothing that only follows
// from it, and ends with status 1.

/** Traefik where it could be built. */
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

  describe('finds nothing where nothing is wrong', () => {
    it.each(registryVersions.flatMap((version) => edgeKinds.map((kind) => ({ version, kind }))))(
      'with registry $version behind $kind',
      async ({ version, kind }) => {
        const call = await behindEdge(setup, { version, deletes: true }, { kind });
        // A 2.x shows its version by itself, and has known vulnerabilities.
        const codes = version === '2.8' ? ['registry_outdated'] : [];
        expect(await setup.doctor(call)).toMatchObject({ codes, status: 0 });
      },
    );

    it('with deletion off, leaving nothing behind', async () => {
      expect(await setup.doctor()).toMatchObject({ findings: [], status: 0 });
    });

    it('knowing the edge alone', async () => {
      const registry = `https://${hosts.private}:${setup.port}`;
      expect(await setup.doctor({ registry })).toMatchObject({ findings: [], status: 0 });
    });
  });

  it.each<[fault: string, found: string, setUp: SetUp]>([
    ['1 the registry names another service', 'wrong_service', registryWith({ token: { service: 'other' } })],
    [
      '2 the registry wants another issuer (3.1)',
      'wrong_issuer',
      registryWith({ token: { issuer: 'Acme' } }),
    ],
    [
      '2 the registry wants an issuer out of a tutorial (2.8)',
      'wrong_issuer',
      registryWith({ version: '2.8', token: { issuer: 'Acme auth server' } }),
    ],
    [
      '2 the registry wants an issuer that its file names (2.8)',
      'wrong_issuer',
      (at) => withItsFile(at, { version: '2.8', token: { issuer: 'Acme' } }),
    ],
    [
      '3 the rootcertbundle is of another authority',
      'other_authority',
      async (at) => {
        const rootcertbundle = bundlePathOf(await startOtherDockpass());
        return behindEdge(at, { token: { rootcertbundle } });
      },
    ],
    [
      '3 the rootcertbundle is of another authority, as its file shows',
      'other_authority',
      async (at) => {
        const rootcertbundle = bundlePathOf(await startOtherDockpass());
        return withItsFile(at, { version: '2.8', token: { rootcertbundle } });
      },
    ],
    [
      '4 the rootcertbundle holds the leaf instead of the authority',
      'leaf_in_bundle',
      async (at) => {
        const rootcertbundle = await writeLeafOf(at.dockpass, await temporaryDirectory());
        return behindEdge(at, { token: { rootcertbundle } });
      },
    ],
    [
      '4 the rootcertbundle holds an older leaf',
      'leaf_in_bundle',
      async (at) => {
        const home = await startOtherDockpass();
        const rootcertbundle = await writeLeafOf(home, await temporaryDirectory());
        await home.must(['keys', 'rotate']);
        const token = { rootcertbundle };
        return { ...(await withItsFile(at, { version: '2.8', token }, { dockpass: home.port })), home };
      },
    ],
    [
      '5 the registry was not restarted since the authority changed',
      'registry_not_restarted',
      async (at) => {
        const rootcertbundle = await copyTo(
          bundlePathOf(await startOtherDockpass()),
          await temporaryDirectory(),
        );
        const call = await withItsFile(at, { version: '2.8', token: { rootcertbundle } });
        await copyFile(at.bundle, rootcertbundle);
        return call;
      },
    ],
    [
      '6 the realm is http under an https edge',
      'realm_scheme',
      edgeWith({ change: (text) => text.replaceAll('X-Forwarded-Proto https', 'X-Forwarded-Proto http') }),
    ],
    [
      '6 the realm is written with http',
      'realm_scheme',
      registryWith({ token: { autoredirect: false, realm: `http://${hosts.private}/auth/token` } }),
    ],
    ['7 the realm has a wrong path', 'realm_path', registryWith({ token: { autoredirectpath: '/token' } })],
    [
      '7 the realm has a wrong path, written out',
      'realm_path',
      registryWith({
        version: '2.8',
        token: { autoredirect: false, realm: `https://${hosts.private}/token` },
      }),
    ],
    [
      '8 the edge rewrites Host',
      'edge_host',
      edgeWith({ change: (text) => text.replaceAll('Host $http_host', 'Host $proxy_host') }),
    ],
    [
      '8 the edge rewrites Host for the token server alone',
      'edge_host',
      edgeWith({
        change: (text) => text.replace(/(location \/auth\/ [\s\S]*?)Host \$http_host/, '$1Host $proxy_host'),
      }),
    ],
    [
      '9 the edge drops the port from Host',
      'edge_host_port',
      edgeWith({ change: (text) => text.replaceAll('Host $http_host', 'Host $host') }),
    ],
    [
      '10 autoredirect is off with two domains',
      'realm_fixed',
      registryWith({ token: { autoredirect: false } }),
    ],
    [
      '11 /auth/ goes to the registry, which answers 404',
      'auth_not_routed',
      async (at) => ({ port: await at.startEdge({ dockpass: at.registry.port }) }),
    ],
    [
      '12 /v2/ goes to dockpass',
      'v2_to_token_server',
      async (at) => ({ port: await at.startEdge({ registry: at.dockpass.port }) }),
    ],
    [
      '13 the registry is not reachable',
      'registry_unreachable',
      async () => ({ registry: `http://127.0.0.1:${await freePort()}` }),
    ],
    [
      '13 the registry is not reachable, seen from the edge',
      'registry_unreachable',
      async (at) => {
        const port = await at.startEdge({ registry: await freePort() });
        return { port, registry: `https://${hosts.private}:${port}` };
      },
    ],
    [
      '14 nginx caps the size of bodies',
      'body_capped',
      edgeWith({ change: (text) => text.replace('client_max_body_size 0;', 'client_max_body_size 1g;') }),
    ],
    [
      '14 Caddy caps the size of bodies',
      'body_capped',
      edgeWith({
        kind: 'caddy',
        change: (text) => text.replace('route /v2/* {', 'route /v2/* {\nrequest_body {\nmax_size 10MB\n}'),
      }),
    ],
    [
      '15 the edge buffers uploads',
      'uploads_buffered',
      edgeWith({ change: (text) => text.replace('proxy_request_buffering off;', '') }),
    ],
    [
      "16 the registry's clock is an hour behind (2.8)",
      'registry_clock',
      registryAtAnotherTime('2.8', -3600),
    ],
    ["16 the registry's clock is an hour ahead (3.0)", 'registry_clock', registryAtAnotherTime('3.0', 3600)],
    [
      "16 the registry's clock is an hour behind (3.1)",
      'registry_clock',
      registryAtAnotherTime('3.1', -3600),
    ],
    [
      '17 the leaf has expired, for the clock was wrong',
      'leaf_expired token_server_clock',
      async (at) => {
        const home = await startOtherDockpass(await atAnotherTime('-200d'));
        const token = { rootcertbundle: bundlePathOf(home) };
        // doctor has the right time.
        const env = { LD_PRELOAD: '' };
        return { ...(await behindEdge(at, { token }, { dockpass: home.port })), home, env };
      },
    ],
    [
      '18 a registry 3 knows jwks alone, and tokens carry x5c',
      'jwks_refuses_x5c',
      async (at) => {
        const jwks = join(at.dockpass.directory, 'keys', 'jwks.json');
        return behindEdge(at, { token: { jwks, rootcertbundle: undefined } });
      },
    ],
    [
      '19 the key id is not in the JWKS file',
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
      'a registry 2.8 knows no EdDSA',
      'algorithm_unknown',
      async (at) => {
        const home = await startOtherDockpass({ DOCKPASS_KEYS_ALGORITHM: 'EdDSA' });
        const token = { rootcertbundle: bundlePathOf(home) };
        return { ...(await behindEdge(at, { version: '2.8', token }, { dockpass: home.port })), home };
      },
    ],
    [
      '20 the public domain does not resolve to the edge',
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
      '20 the public domain leads where nothing listens',
      'door_closed',
      async () => ({ env: { DOCKPASS_PUBLIC_DOMAINS: `${hosts.public}:${await freePort()}` } }),
    ],
    [
      '21 the TLS certificate is not for this name',
      'certificate_name',
      async (at) => ({
        port: await at.startEdge({ certificate: await at.authority.issue(['example.test']) }),
      }),
    ],
    [
      '21 the TLS certificate has expired',
      'certificate_expired',
      async (at) => {
        const env = await atAnotherTime('-3d');
        const certificate = await at.authority.issue([hosts.public, hosts.private], 1, env);
        return { port: await at.startEdge({ certificate }) };
      },
    ],
    [
      "21 the TLS certificate's authority is unknown to docker on this machine",
      'certificate_untrusted',
      async (at) => {
        const certificate = await (await testAuthority()).issue([hosts.public, hosts.private]);
        return { port: await at.startEdge({ certificate }) };
      },
    ],
    [
      '22 others may read the keys',
      'key_files_open',
      async (at) => {
        await makeReadableByAll(join(at.dockpass.directory, 'keys', 'authority.pem'));
        return {};
      },
    ],
    [
      '23 deletion is off while asked for',
      'deletion_off',
      async () => ({ env: { REGISTRY_STORAGE_DELETE_ENABLED: 'true' } }),
    ],
    ['24 the registry has no auth section', 'registry_without_auth', registryWith({ token: null })],
    [
      '25 an htpasswd section in addition to token, so the registry does not start',
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
      '25 the registry asks for a password of its own',
      'registry_basic_auth',
      async (at) => {
        const path = await passwordFile();
        return behindEdge(at, { token: null, auth: { htpasswd: { realm: 'x', path } } });
      },
    ],
    [
      '26 two dockpass with different keys stand behind one name',
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
      '27 the edge adds its own Basic auth',
      'edge_own_login',
      async (at) => {
        const basic = `auth_basic door; auth_basic_user_file ${await passwordFile()};`;
        const change = (text: string) => text.replace('location /v2/ {', `location /v2/ { ${basic}`);
        return { port: await at.startEdge({ change }) };
      },
    ],
    [
      '28 the registry is reachable around the edge without a token',
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

  it('looks through the edge where the registry itself is out of reach', async () => {
    const { port } = await behindEdge(setup, { token: { issuer: 'Acme auth server' } });
    const registry = `https://${hosts.private}:${port}`;
    expect(await setup.doctor({ registry, port: port ?? 0 })).toMatchObject({
      codes: ['wrong_issuer'],
      status: 1,
    });
  });

  it('tells of a configuration that dockpass does not understand', async () => {
    const { findings, status } = await setup.doctor({ env: { DOCKPASS_SERVCIE: 'x' } });
    expect(status).toBe(1);
    expect(findings).toMatchObject([
      { code: 'configuration', problem: expect.stringContaining('Did you mean DOCKPASS_SERVICE?') as string },
    ]);
  });

  it('finds nothing wrong with `dockpass up` as it comes', async () => {
    const up = await startUp({ args: ['--registry', part('registry-3.1'), '--edge', part('caddy')] });
    const ran = await up.cli(['doctor'], { env: { DOCKPASS_UP_PORT: String(up.edgePort) } });
    expect(ran).toMatchObject({ stdout: '', stderr: 'no problems found\n', status: 0 });
  });

  it("finds the file of a registry on this machine by itself, and counts the registry's environment", async () => {
    const call = await behindEdge(setup, { version: '2.8', token: { issuer: 'Acme' } });
    const { findings } = await setup.doctor({ ...call, findsProcesses: true });
    expect(findings).toMatchObject([
      { code: 'wrong_issuer', fix: expect.stringContaining('config.yml') as string },
    ]);
  });

  it('with --read-only looks on, and uploads nothing', async () => {
    const { url, port, storage } = await setup.startRegistry({ deletes: true });
    const call = { registry: url, port: await setup.startEdge({ registry: port }) };
    expect(await setup.doctor({ ...call, args: ['--read-only'] })).toMatchObject({
      findings: [],
      status: 0,
    });
    expect(existsSync(storage)).toBe(false);
  });

  it('reaches the edge where DNS does not say it', async () => {
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

  it('20 a misspelled public domain has no address', async () => {
    // No question leaves the machine: names are looked up in /etc/hosts alone.
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

  it('28 warns of a registry that is reachable around the edge with a token', async () => {
    const call = await behindEdge(setup, { everywhere: true });
    expect(await setup.doctor(call)).toMatchObject({ codes: ['registry_exposed'], status: 0 });
  });
});

/** This registry behind an edge of its own. */
async function behindEdge(
  setup: HealthySetup,
  registry: RegistryChange,
  edge: EdgeChange = {},
): Promise<DoctorCall> {
  const { registryConfig: _unseen, ...call } = await withItsFile(setup, registry, edge);
  return call;
}

/** The same, and doctor is told of the registry's configuration file. */
async function withItsFile(
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

/** @param seconds ahead of the machine; it runs, and its clock is set under it */
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
