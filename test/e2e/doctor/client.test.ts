import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DockpassHome } from '../../support/dockpass/dockpass.ts';
import {
  bundlePathOf,
  startHealthySetup,
  startOtherDockpass,
  type DoctorCall,
  type EdgeChange,
  type HealthySetup,
  type RegistryChange,
} from '../../support/machine/doctor-faults.ts';
import { run } from '../../support/process/run.ts';
import { repository } from '../../support/run/environment.ts';
import { hosts } from '../../support/run/hosts.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Faults that doctor finds only by acting as a client: it requests a token, pushes, pulls and deletes through a domain.
// Each fault is set up in a real nginx, Caddy or registry, and everything else is healthy. doctor must report this
// fault and nothing that only follows from it.

type SetUp = (setup: HealthySetup) => Promise<DoctorCall>;
type Location = '/v2/' | '/auth/';

/** Starts another edge with a changed configuration file in front of the healthy registry and dockpass. */
function edgeWith(change: EdgeChange): SetUp {
  return async (setup) => ({ port: await setup.startEdge(change) });
}

/** Adds lines to a location block of an nginx configuration. */
function addTo(text: string, location: Location, ...lines: readonly string[]): string {
  return text.replace(`location ${location} {`, [`location ${location} {`, ...lines].join('\n'));
}

function nginxWith(location: Location, ...lines: readonly string[]): SetUp {
  return edgeWith({ change: (text) => addTo(text, location, ...lines) });
}

/** Replaces the first match in a location block of an nginx configuration. */
function replaceIn(text: string, location: Location, from: string | RegExp, to: string): string {
  const at = text.indexOf(`location ${location} {`);
  return text.slice(0, at) + text.slice(at).replace(from, to);
}

/** Changes a location block of an nginx configuration so that nginx uses the servers on these ports in turn. */
function balance(text: string, location: Location, ports: readonly number[]): string {
  const servers = ports.map((port) => `server 127.0.0.1:${port};`).join(' ');
  const upstream = `upstream balanced { ${servers} }`;
  return `${upstream}\n${replaceIn(text, location, /proxy_pass [^;]+;/, 'proxy_pass http://balanced;')}`;
}

/** Starts an nginx that caches answers with this status and serves them to every client, logged in or not. */
function nginxWithCache(location: Location, status: number): SetUp {
  return async (setup) => {
    const directory = await temporaryDirectory('nginx-cache');
    const lines = [
      'proxy_cache answers;',
      'proxy_cache_key $host$request_uri;',
      `proxy_cache_valid ${status} 1m;`,
      'proxy_ignore_headers Cache-Control Expires Vary;',
    ];
    const change = (text: string): string =>
      `proxy_cache_path ${directory} keys_zone=answers:1m;\n${addTo(text, location, ...lines)}`;
    return { port: await setup.startEdge({ change }) };
  };
}

/** Starts another registry behind another edge. */
async function withRegistry(
  setup: HealthySetup,
  registry: RegistryChange,
  edge: EdgeChange = {},
): Promise<DoctorCall> {
  const { url, port } = await setup.startRegistry(registry);
  return { registry: url, port: await setup.startEdge({ ...edge, registry: port }) };
}

/** Starts a second dockpass with a copy of the keys and its own database. @returns its port */
async function startTwin({ dockpass }: HealthySetup): Promise<number> {
  const keys = join(await temporaryDirectory('twin'), 'keys');
  await cp(join(dockpass.directory, 'keys'), keys, { recursive: true });
  const { port } = await startOtherDockpass({ DOCKPASS_KEYS_DIRECTORY: keys });
  return port;
}

async function changesIn(home: DockpassHome): Promise<string[]> {
  const { stdout } = await home.must(['audit', '--json']);
  const rows = JSON.parse(stdout) as { outcome: string; reason: string }[];
  return rows.filter(({ outcome }) => outcome === 'changed').map(({ reason }) => reason);
}

needs(
  ...(['registry-3.0', 'registry-3.1', 'nginx', 'caddy'] as const),
  ...(['openssl', 'host-names', 'root'] as const),
)('dockpass doctor as a client', () => {
  let setup: HealthySetup;
  beforeAll(async () => {
    setup = await startHealthySetup({ deletes: true });
  });

  describe('finds a fault by acting as a client', () => {
    test.each<[fault: string, found: string, setUp: SetUp]>([
      [
        'nginx removes Authorization from registry requests',
        'authorization_stripped',
        edgeWith({
          change: (text) => text.replace('Authorization $dockpass_authorization', 'Authorization ""'),
        }),
      ],
      [
        'nginx removes Authorization from token requests',
        'authorization_stripped',
        nginxWith('/auth/', 'proxy_set_header Authorization "";'),
      ],
      [
        'nginx limits headers to 4 kB',
        'header_too_large',
        edgeWith({
          change: (text) =>
            text.replace('large_client_header_buffers 4 32k', 'large_client_header_buffers 4 4k'),
        }),
      ],
      [
        'Caddy limits headers to 4 kB',
        'header_too_large',
        edgeWith({
          kind: 'caddy',
          change: (text) => text.replace('servers {', 'servers {\nmax_header_size 4KB'),
        }),
      ],
      [
        'nginx shortens long tokens',
        'token_shortened',
        edgeWith({
          change: (text) =>
            [
              'map $dockpass_authorization $shortened {',
              'default $dockpass_authorization;',
              '"~^(?<head>.{4000})" $head;',
              '}',
              text.replace('Authorization $dockpass_authorization', 'Authorization $shortened'),
            ].join('\n'),
        }),
      ],
      [
        'nginx hides the challenge of the registry',
        'challenge_stripped',
        nginxWith('/v2/', 'proxy_hide_header WWW-Authenticate;'),
      ],
      [
        'nginx adds a second challenge',
        'two_challenges',
        nginxWith('/v2/', `add_header WWW-Authenticate 'Basic realm="registry"' always;`),
      ],
      [
        'nginx redirects to another host',
        'edge_redirects',
        nginxWith('/v2/', 'return 301 https://www.example.test$request_uri;'),
      ],
      [
        'nginx drops the query of token requests',
        'query_dropped',
        edgeWith({ change: (text) => replaceIn(text, '/auth/', /(proxy_pass [^;]+);/, '$1$uri;') }),
      ],
      [
        'nginx drops the query of uploads',
        'query_dropped',
        edgeWith({ change: (text) => replaceIn(text, '/v2/', /(proxy_pass [^;]+);/, '$1$uri;') }),
      ],
      [
        'nginx uses two registries that do not share uploads',
        'registries_differ',
        async (at) => {
          const other = await at.startRegistry({ deletes: true });
          const ports = [at.registry.port, other.port];
          return { port: await at.startEdge({ change: (text) => balance(text, '/v2/', ports) }) };
        },
      ],
      [
        'nginx denies logins',
        'login_fails',
        nginxWith('/auth/', 'if ($http_authorization ~* ^Basic) { return 403; }'),
      ],
      [
        'nginx changes the Host header of logins',
        'public_domain_writable',
        edgeWith({
          change: (text) =>
            `map $http_authorization $login_host { default $http_host; "~*^Basic" ${hosts.private}; }\n` +
            replaceIn(
              text,
              '/auth/',
              'proxy_set_header Host $dockpass_host;',
              'proxy_set_header Host $login_host;',
            ),
        }),
      ],
      ['nginx caches denials of the registry', 'answers_cached', nginxWithCache('/v2/', 401)],
      ['nginx caches tokens', 'answers_cached', nginxWithCache('/auth/', 200)],
      ['nginx caches denied logins', 'answers_cached', nginxWithCache('/auth/', 401)],
      [
        'nginx lets clients request /auth/forward',
        'forward_exposed',
        edgeWith({
          change: (text) => text.replace('location ~* ^/+auth/+forward {', 'location = /auth/none {'),
        }),
      ],
      [
        'Caddy ignores Basic and blocks DELETE',
        'basic_not_forwarded method_blocked',
        edgeWith({
          kind: 'caddy',
          change: (text) =>
            text
              .replace('(?i)^basic ', '(?i)^never ')
              .replace(
                'route /v2/* {',
                '@delete {\nmethod DELETE\npath /v2/*\n}\nrespond @delete 403\nroute /v2/* {',
              ),
        }),
      ],
      [
        'nginx blocks PATCH and PUT',
        'method_blocked',
        nginxWith('/v2/', 'limit_except GET POST DELETE { deny all; }'),
      ],
      [
        'nginx rewrites Location to the address of the registry',
        'location_moved',
        nginxWith('/v2/', 'proxy_redirect / http://127.0.0.1:5000/;'),
      ],
      [
        'nginx passes on X-Forwarded-Host to a registry with absolute addresses',
        'forwarded_host_believed',
        (at) => {
          const change = (text: string): string =>
            text.replaceAll('proxy_set_header X-Forwarded-Host "";', '');
          return withRegistry(at, { deletes: true, relativeUrls: false }, { change });
        },
      ],
      [
        'nginx trusts the X-Forwarded-For of clients, ignores Basic, and times out if an upload pauses',
        'client_address_believed basic_not_forwarded upload_times_out',
        edgeWith({
          change: (text) =>
            replaceIn(text, '/auth/', 'X-Forwarded-For $remote_addr', 'X-Forwarded-For $http_x_forwarded_for')
              .replace('auth_request /_dockpass_forward;', 'auth_request off;')
              .replace('client_body_timeout 300s;', 'client_body_timeout 1s;'),
        }),
      ],
      [
        'nginx does not forward the address of clients, and rewrites addresses in manifests',
        'client_address_lost content_changed',
        edgeWith({
          change: (text) =>
            addTo(
              replaceIn(text, '/auth/', 'X-Forwarded-For $remote_addr', 'X-Forwarded-For ""'),
              '/v2/',
              "sub_filter_types *; sub_filter 'http://localhost' 'https://localhost';",
            ),
        }),
      ],
      [
        'the registry redirects downloads to a storage that clients cannot reach',
        'blob_redirect_unreachable',
        async (at) => {
          const redirect = { name: 'redirect', options: { baseurl: `http://127.0.0.1:${await freePort()}` } };
          return withRegistry(at, { deletes: true, sections: { middleware: { storage: [redirect] } } });
        },
      ],
      [
        'another dockpass with the same keys but another database answers',
        'other_database',
        async (at) => ({ port: await at.startEdge({ dockpass: await startTwin(at) }) }),
      ],
      [
        'two dockpass servers with the same keys but different databases answer in turn',
        'other_database',
        async (at) => {
          const ports = [at.dockpass.port, await startTwin(at)];
          return { port: await at.startEdge({ change: (text) => balance(text, '/auth/', ports) }) };
        },
      ],
      [
        'the registry is in read-only mode',
        'registry_read_only',
        (at) => withRegistry(at, { storageSections: { maintenance: { readonly: { enabled: true } } } }),
      ],
      [
        'the registry is a pull-through cache of another registry',
        'registry_is_mirror',
        async (at) => {
          const { url } = await at.startRegistry({ token: null });
          return withRegistry(at, { sections: { proxy: { remoteurl: url } } });
        },
      ],
    ])('%s', async (_fault, found, setUp) => {
      const { codes, status, ran } = await setup.doctor(await setUp(setup));
      expect(codes.join(' '), ran.stdout).toBe(found);
      expect(status).toBe(1);
    });
  });

  describe('warns and exits with 0', () => {
    test.each<[fault: string, found: string, setUp: SetUp]>([
      [
        'if nginx replaces errors with HTML',
        'error_not_json',
        edgeWith({
          change: (text) =>
            addTo(text, '/v2/', 'proxy_intercept_errors on; error_page 404 @html;').replace(
              'location /auth/ {',
              'location @html { return 404 "<html>"; }\nlocation /auth/ {',
            ),
        }),
      ],
      [
        'if nginx hides a header of the registry and drops Range',
        'registry_header_stripped range_ignored',
        nginxWith('/v2/', 'proxy_hide_header Docker-Distribution-Api-Version;', 'proxy_set_header Range "";'),
      ],
      [
        'if no server listens at one of the addresses of a domain',
        'address_closed',
        async (at) => {
          const change = (text: string): string => text.replace(/listen (\d+)/, 'listen 127.0.0.1:$1');
          const port = await at.startEdge({ change });
          const resolutions = [hosts.private, hosts.public].flatMap((name) =>
            ['127.0.0.1', '127.0.0.2'].map((address) => `${name}:${port}:${address}`),
          );
          return { port, args: resolutions.flatMap((resolution) => ['--resolve', resolution]) };
        },
      ],
      [
        'if the running registry is a release with known vulnerabilities',
        'registry_outdated',
        async (at) => ({ ...(await withRegistry(at, { version: '3.0' })), findsProcesses: true }),
      ],
      [
        'if a rule denies the scratch repository to the robot',
        'scratch_denied',
        async (at) => {
          const rule = { deny: ['push'], to: ['everyone'], on: ['dockpass-doctor/**'] };
          const home = await startOtherDockpass({ DOCKPASS_POLICY: JSON.stringify([rule]) });
          const token = { rootcertbundle: bundlePathOf(home) };
          return { home, ...(await withRegistry(at, { token }, { dockpass: home.port })) };
        },
      ],
    ])('%s', async (_fault, found, setUp) => {
      const { codes, status, ran } = await setup.doctor(await setUp(setup));
      expect(codes.join(' '), ran.stdout).toBe(found);
      expect(status).toBe(0);
    });

    test('if the database cannot be written, and says what it did not check', async () => {
      const { directory, env } = setup.dockpass;
      const script = 'mount --bind -o ro "$1" "$1" && cd "$1" && shift && exec "$@"';
      const doctor = [join(repository, 'bin', 'dockpass.js'), 'doctor', '--json'];
      const ran = await run(
        'unshare',
        [
          ...['--mount', 'sh', '-c', script, 'sh', directory, process.execPath],
          ...[...doctor, '--registry', setup.registry.url],
        ],
        { cwd: directory, env: { ...env, DOCKPASS_UP_PORT: String(setup.port) } },
      );
      expect(JSON.parse(ran.stdout), ran.output).toMatchObject([
        { code: 'database_not_writable', severity: 'warning' },
      ]);
      expect(ran.stderr).toContain('Logging in, pushing and pulling were not checked');
      expect(ran.status).toBe(0);
    });
  });

  test('creates a robot for the scratch repository and removes it, and the audit log shows both', async () => {
    expect(await setup.doctor()).toMatchObject({ findings: [], status: 0 });
    const [created, removed] = (await changesIn(setup.dockpass)).slice(-2);
    expect(created).toMatch(
      /^robot dockpass-doctor-\w+ created with rights: dockpass-doctor\/scratch:pull,push,delete$/,
    );
    expect(removed).toMatch(/^robot dockpass-doctor-\w+ removed$/);
    expect((await setup.dockpass.must(['robot', 'list', '--json'])).stdout).toBe('[]\n');
  });

  test('leaves neither an image nor the data of an upload behind', async () => {
    const { url, port, storage } = await setup.startRegistry({ deletes: true });
    const call = { registry: url, port: await setup.startEdge({ registry: port }) };
    expect(await setup.doctor(call)).toMatchObject({ findings: [], status: 0 });
    // Registry 3.x keeps the hash state of a canceled upload until it purges uploads. An image exists only if there are
    // files named `link`, and an upload only if there are files named `data`.
    const left = await run('find', [storage, '-name', 'link', '-o', '-path', '*/_uploads/*/data']);
    expect(left.stdout).toBe('');
    // From another mount namespace, doctor does not find the process of the registry, and so not its storage folder.
    const inCatalog = () => run('find', [storage, '-name', '_layers', '-o', '-name', '_manifests']);
    expect((await inCatalog()).stdout).not.toBe('');
    expect(await setup.doctor({ ...call, findsProcesses: true })).toMatchObject({ findings: [], status: 0 });
    expect((await inCatalog()).stdout).toBe('');
  });

  test('with --read-only creates no robot and says what it did not check', async () => {
    const before = await changesIn(setup.dockpass);
    const { findings, status, ran } = await setup.doctor({ args: ['--read-only'] });
    expect({ findings, status }).toEqual({ findings: [], status: 0 });
    expect(ran.stderr).toContain('Logging in, pushing and pulling were not checked: --read-only was given.');
    expect(await changesIn(setup.dockpass)).toEqual(before);
  });

  test('finds the edge without --edge if --registry names a domain', async () => {
    const registry = `https://${hosts.private}:${setup.port}`;
    const env = { DOCKPASS_UP_PORT: String(await freePort()) };
    expect(await setup.doctor({ registry, env })).toMatchObject({ findings: [], status: 0 });
  });
});
