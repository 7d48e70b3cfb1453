import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { trustInDocker } from '../support/client/docker-trust.ts';
import { dockpassHome } from '../support/dockpass/dockpass.ts';
import { hosts } from '../support/run/hosts.ts';
import { startNginx } from '../support/edge/nginx.ts';
import { findPart, needs, part } from '../support/run/parts.ts';
import { freePort, freePorts } from '../support/run/ports.ts';
import { basic } from '../support/network/raw-http.ts';
import { registryVersions, type RegistryVersion } from '../support/registry/registry.ts';
import { mustRun } from '../support/process/run.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority, type TestAuthority } from '../support/tls/tls.ts';
import {
  initEnvironment,
  startWritten,
  writableEdges,
  type Ports,
  type WritableEdge,
} from '../support/edge/written-files.ts';

// Whatever init is asked for, what it writes is whole and right: real parts start on it, and doctor finds nothing.

const names = {
  'both names': { public: hosts.public, private: hosts.private },
  'a public name': { public: hosts.public },
  'a private name': { private: hosts.private },
  'no name': {},
} as const satisfies Record<string, { public?: string; private?: string }>;
const certificates = ['self-signed', 'files', 'off'] as const;
const before = ['nothing', 'a registry'] as const;

interface Combination {
  readonly edge: WritableEdge;
  readonly named: keyof typeof names;
  readonly tls: (typeof certificates)[number];
  readonly runs: (typeof before)[number];
  readonly version: RegistryVersion;
}

const edges = writableEdges.filter((edge) => edge !== 'traefik' || findPart(edge) !== undefined);
const namings = Object.keys(names) as (keyof typeof names)[];
const isFull = process.env['DOCKPASS_MATRIX'] === 'full';

/**
 * Every edge with every certificate; names, registries and what ran before go round among them. Or everything with
 * everything (npm run test:soak).
 */
const combinations: readonly Combination[] = edges.flatMap((edge, one) =>
  certificates.flatMap((tls, two) => {
    const its = <Value>(values: readonly Value[], turn: number): readonly Value[] =>
      isFull ? values : values.filter((_value, at) => at === turn % values.length);
    return its(namings, one * 3 + two).flatMap((named) =>
      its(before, one + two).flatMap((runs) =>
        its(registryVersions, one + two).map((version) => ({ edge, named, tls, runs, version })),
      ),
    );
  }),
);

const password = 'correct horse battery staple';

needs(
  ...(['registry-2.8', 'registry-3.0', 'registry-3.1', 'nginx', 'caddy'] as const),
  ...(['openssl', 'htpasswd', 'host-names'] as const),
)('what dockpass init writes', () => {
  let authority: TestAuthority;
  /** Keys and a TLS authority as init makes them, once: making them anew each time would take most of the time. */
  let seed: string;
  /** A registry's users until now. */
  let users: string;
  beforeAll(async () => {
    authority = await testAuthority();
    seed = (await dockpassHome()).directory;
    await (await dockpassHome({ directory: seed })).must(['init']);
    users = join(await temporaryDirectory('users'), 'htpasswd');
    await mustRun(part('htpasswd'), ['-cbB', users, 'alice', password]);
  });

  it.each(combinations)('$edge, $named, $tls, $runs before: registry $version', async (wish) => {
    const [edge = 0, registry = 0, dockpass = 0, operations = 0] = await freePorts(4);
    const ports: Ports = { edge, registry, dockpass, operations };
    const folder = await temporaryDirectory('written');
    for (const made of ['keys', 'data']) await cp(join(seed, made), join(folder, made), { recursive: true });
    const { public: publicly, private: privately }: { public?: string; private?: string } = names[wish.named];
    const known = [publicly, privately].filter((name) => name !== undefined);
    const { certificateFile, keyFile } = await authority.issue([...known, 'localhost']);
    const home = await dockpassHome();
    await home.must(
      [
        ...['init', '--out', folder, '--edge', wish.edge, '--port', String(edge)],
        ...['--tls', wish.tls === 'files' ? `${certificateFile},${keyFile}` : wish.tls],
        ...(publicly === undefined ? [] : ['--public-domain', publicly]),
        ...(privately === undefined ? [] : ['--private-domain', privately]),
        ...(wish.runs === 'nothing' ? [] : ['--registry-config', await registryBefore(registry, users)]),
      ],
      { env: initEnvironment(ports) },
    );
    const written = await startWritten(
      folder,
      wish.edge,
      wish.version,
      ports,
      `${wish.tls === 'off' ? 'http' : 'https'}://${known[0] ?? 'localhost'}`,
    );

    // Without TLS, it stands behind somebody's TLS proxy; or on localhost alone, but for 2.8, which always says https.
    const isBehind = wish.tls === 'off' && (known.length > 0 || wish.version === '2.8');
    const outer = isBehind ? await tlsProxy(edge, certificateFile, keyFile) : undefined;
    const trusted =
      wish.tls === 'self-signed' ? join(folder, 'data/up/tls/ca.crt') : authority.certificateFile;
    for (const name of known) await trustInDocker(`${name}:${outer ?? edge}`, trusted);
    const ways = outer === undefined ? [] : ['--edge', `https://localhost:${outer}`];
    const doctor = await written.cli(['doctor', ...ways]);
    // A registry before 3.1.1 has known vulnerabilities. That is the only warning.
    if (wish.version === '3.1') expect(doctor.output).toBe('no problems found\n');
    else {
      expect(doctor.stdout).toMatch(/^warning \[registry_outdated\]\n(?: {2}.*\n)+\n$/);
      expect(doctor.stderr).toMatch(/^1 warning\./);
    }
    expect(doctor.status).toBe(0);
    if (wish.runs === 'a registry')
      expect(await login(dockpass, privately ?? 'registry.example.com')).toBe(200);
  });
});

describe('the combinations', () => {
  it('bring every registry and certificate to every edge, and leave nothing out', () => {
    for (const edge of edges) {
      const here = combinations.filter((wish) => wish.edge === edge);
      expect(new Set(here.map(({ version }) => version))).toEqual(new Set(registryVersions));
      expect(new Set(here.map(({ tls }) => tls))).toEqual(new Set(certificates));
    }
    expect(new Set(combinations.map(({ named }) => named))).toEqual(new Set(namings));
    expect(new Set(combinations.map(({ runs }) => runs))).toEqual(new Set(before));
  });
});

/** What somebody runs today: a registry with a login of its own. */
async function registryBefore(port: number, users: string): Promise<string> {
  const directory = await temporaryDirectory('before');
  const file = join(directory, 'config.yml');
  await mkdir(join(directory, 'images'));
  await writeFile(
    file,
    `version: 0.1
log: { level: error }
storage:
  filesystem: { rootdirectory: ${join(directory, 'images')} }
  delete: { enabled: true }
http:
  addr: 127.0.0.1:${port}
  host: https://registry.example.com
auth:
  htpasswd: { realm: basic, path: ${users} }
`,
  );
  return file;
}

/** As docs/behind-a-tls-proxy.md asks of it. */
async function tlsProxy(edge: number, certificate: string, key: string): Promise<number> {
  const port = await freePort();
  const http = `server {
    listen ${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    client_max_body_size 0;
    large_client_header_buffers 4 32k;
    location / {
        proxy_set_header Host $http_host;
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:${edge};
    }
}`;
  await startNginx({ http, port });
  return port;
}

async function login(port: number, host: string): Promise<number> {
  const { request } = await import('node:http');
  const headers = { host, authorization: basic('alice', password) };
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/auth/token?service=registry', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}
