import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
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

// For each combination of options, the files that `dockpass init` writes are complete and correct: a real registry,
// edge and token server start with them, and doctor finds no problem.

const domains = {
  'both domains': { public: hosts.public, private: hosts.private },
  'a public domain': { public: hosts.public },
  'a private domain': { private: hosts.private },
  'no domain': {},
} as const satisfies Record<string, { public?: string; private?: string }>;
const certificates = ['self-signed', 'files', 'off'] as const;
const before = ['nothing', 'a registry'] as const;

interface Combination {
  readonly edge: WritableEdge;
  readonly named: keyof typeof domains;
  readonly tls: (typeof certificates)[number];
  readonly runs: (typeof before)[number];
  readonly version: RegistryVersion;
}

const edges = writableEdges.filter((edge) => edge !== 'traefik' || findPart(edge) !== undefined);
const domainChoices = Object.keys(domains) as (keyof typeof domains)[];
const isFull = process.env['DOCKPASS_MATRIX'] === 'full';

/**
 * Every edge with every kind of certificate. The domains, the version of the registry and the previous registry take
 * turns in these combinations. With npm run test:soak, all combinations of all options.
 */
const combinations: readonly Combination[] = edges.flatMap((edge, one) =>
  certificates.flatMap((tls, two) => {
    const choose = <Value>(values: readonly Value[], turn: number): readonly Value[] =>
      isFull ? values : values.filter((_value, at) => at === turn % values.length);
    return choose(domainChoices, one * 3 + two).flatMap((named) =>
      choose(before, one + two).flatMap((runs) =>
        choose(registryVersions, one + two).map((version) => ({ edge, named, tls, runs, version })),
      ),
    );
  }),
);

const password = 'correct horse battery staple';

needs(
  ...(['registry-2.8', 'registry-3.0', 'registry-3.1', 'nginx', 'caddy'] as const),
  ...(['openssl', 'htpasswd', 'host-names'] as const),
)('the files that dockpass init writes', () => {
  let authority: TestAuthority;
  /** A directory with the keys and the TLS CA of one `dockpass init`. Creating them for each test would be slow. */
  let seed: string;
  /** The htpasswd file of the registry that runs before the migration. */
  let users: string;
  beforeAll(async () => {
    authority = await testAuthority();
    seed = (await dockpassHome()).directory;
    await (await dockpassHome({ directory: seed })).must(['init']);
    users = join(await temporaryDirectory('users'), 'htpasswd');
    await mustRun(part('htpasswd'), ['-cbB', users, 'alice', password]);
  });

  test.each(combinations)('$edge, $named, TLS $tls, $runs before, registry $version', async (options) => {
    const [edge = 0, registry = 0, dockpass = 0, operations = 0, events = 0] = await freePorts(5);
    const ports: Ports = { edge, registry, dockpass, operations, events };
    const folder = await temporaryDirectory('written');
    for (const made of ['keys', 'data']) await cp(join(seed, made), join(folder, made), { recursive: true });
    const { public: publicly, private: privately }: { public?: string; private?: string } =
      domains[options.named];
    const known = [publicly, privately].filter((name) => name !== undefined);
    const { certificateFile, keyFile } = await authority.issue([...known, 'localhost']);
    const home = await dockpassHome();
    await home.must(
      [
        ...['init', '--out', folder, '--edge', options.edge, '--port', String(edge)],
        ...['--tls', options.tls === 'files' ? `${certificateFile},${keyFile}` : options.tls],
        ...(publicly === undefined ? [] : ['--public-domain', publicly]),
        ...(privately === undefined ? [] : ['--private-domain', privately]),
        ...(options.runs === 'nothing' ? [] : ['--registry-config', await registryBefore(registry, users)]),
      ],
      { env: initEnvironment(ports) },
    );
    const written = await startWritten(
      folder,
      options.edge,
      options.version,
      ports,
      `${options.tls === 'off' ? 'http' : 'https'}://${known[0] ?? 'localhost'}`,
    );

    // Without TLS, the edge is used behind a TLS proxy or only on localhost. Registry 2.8 needs the proxy also on
    // localhost, because its realm is always https.
    const isBehindProxy = options.tls === 'off' && (known.length > 0 || options.version === '2.8');
    const proxyPort = isBehindProxy ? await tlsProxy(edge, certificateFile, keyFile) : undefined;
    const trusted =
      options.tls === 'self-signed' ? join(folder, 'data/up/tls/ca.crt') : authority.certificateFile;
    for (const name of known) await trustInDocker(`${name}:${proxyPort ?? edge}`, trusted);
    const edgeArgs = proxyPort === undefined ? [] : ['--edge', `https://localhost:${proxyPort}`];
    const doctor = await written.cli(['doctor', ...edgeArgs]);
    // doctor warns about registries before 3.1.1 because of known vulnerabilities. There must be no other warning.
    if (options.version === '3.1')
      expect([doctor.stdout, doctor.stderr]).toEqual(['', expect.stringMatching(/\nno problems found\n$/)]);
    else {
      expect(doctor.stdout).toMatch(/^warning \[registry_outdated\]\n(?: {2}.*\n)+\n$/);
      expect(doctor.stderr).toMatch(/^1 warning\./m);
    }
    expect(doctor.status).toBe(0);
    if (options.runs === 'a registry')
      expect(await login(dockpass, privately ?? 'registry.example.com')).toBe(200);
  });
});

describe('the combinations', () => {
  test('cover every registry version and kind of certificate for every edge, and every other option at least once', () => {
    for (const edge of edges) {
      const here = combinations.filter((options) => options.edge === edge);
      expect(new Set(here.map(({ version }) => version))).toEqual(new Set(registryVersions));
      expect(new Set(here.map(({ tls }) => tls))).toEqual(new Set(certificates));
    }
    expect(new Set(combinations.map(({ named }) => named))).toEqual(new Set(domainChoices));
    expect(new Set(combinations.map(({ runs }) => runs))).toEqual(new Set(before));
  });
});

/** Writes the configuration of a registry with an htpasswd login, as it may run before dockpass. @returns its path */
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
  prefix: /hub/
auth:
  htpasswd: { realm: basic, path: ${users} }
`,
  );
  return file;
}

/** Starts a TLS proxy with the settings that docs/behind-a-tls-proxy.md requires. @returns its port */
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
