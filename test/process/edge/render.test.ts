import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import { localHostPattern, type Edge, type EdgeTls } from '../../../src/edge/edge.ts';
import { renderNginx, renderNginxSite } from '../../../src/edge/nginx/nginx.ts';
import { renderTraefik, renderTraefikStatic } from '../../../src/edge/traefik/traefik.ts';
import { renderTraefikStopped } from '../../../src/edge/traefik/writes.ts';
import { parseDomain } from '../../../src/realm/domain.ts';
import { needs, part } from '../../support/run/parts.ts';
import { run } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { testAuthority } from '../../support/tls/tls.ts';

const off: EdgeTls = { kind: 'off' };
const files = { kind: 'files', certificate: '/tls/a b.crt', key: '/tls/a b.key' } as const;
const acme = { kind: 'acme', names: ['reg.example.com', 'pub.example.com'], server: undefined } as const;

function edge(tls: EdgeTls, change: Partial<Edge> = {}): Edge {
  return {
    port: 5001,
    ipv6: false,
    tls,
    registry: { host: '127.0.0.1', port: 5000 },
    dockpass: { host: '::1', port: 5002 },
    names: ['reg.example.com', '*.pub.example.com'],
    outerProxies: ['10.0.0.0/8', 'fc00::/7'],
    immutableTags: true,
    writes: '/var/lib/dockpass/writes',
    publicDomainRules: {
      domains: ['*.pub.example.com', '[2001:db8::1]:8443'].map(parseDomain),
      hostName: undefined,
      loginHost: undefined,
    },
    ...change,
  };
}

needs('caddy')('Caddyfile', () => {
  test.each([
    ['off', off],
    ['files', files],
    ['acme', acme],
  ])('is valid and formatted, tls %s', async (_name, tls) => {
    const file = join(await temporaryDirectory(), 'Caddyfile');
    const text = renderCaddy(edge(tls));
    await writeFile(file, text);
    expect(await run(part('caddy'), ['adapt', '--adapter', 'caddyfile', '--config', file])).toMatchObject({
      status: 0,
    });
    expect((await run(part('caddy'), ['fmt', file])).stdout).toBe(text);
  });
});

describe('Caddyfile', () => {
  test('turns automatic certificates off unless ACME is configured', () => {
    for (const tls of [off, files])
      expect(renderCaddy(edge(tls))).toMatch(/^\tadmin off\n(.*\n)*\tauto_https off$/m);
    expect(renderCaddy(edge(acme))).toContain('\tauto_https disable_redirects\n');
    expect(renderCaddy(edge(acme))).toContain('https://reg.example.com:5001, https://pub.example.com:5001 {');
  });
});

needs('nginx', 'openssl')('nginx.conf', () => {
  test.each(['off', 'files'] as const)('is valid, tls %s', async (kind) => {
    const directory = await temporaryDirectory('with blank');
    const { certificateFile, keyFile } = await (await testAuthority()).issue(['localhost']);
    const wanted = edge(kind === 'off' ? off : { kind, certificate: certificateFile, key: keyFile }, {
      dockpass: { host: '127.0.0.1', port: 5002 },
    });
    const file = join(directory, 'nginx.conf');
    await writeFile(file, renderNginx(wanted, directory));
    expect(await run(part('nginx'), ['-e', 'stderr', '-t', '-c', file])).toMatchObject({ status: 0 });
    const site = join(directory, 'site.conf');
    await writeFile(site, renderNginxSite(wanted));
    await writeFile(file, `pid "${directory}/pid"; events {} http { include "${site}"; }`);
    expect(await run(part('nginx'), ['-e', 'stderr', '-t', '-c', file])).toMatchObject({ status: 0 });
  });
});

describe('nginx.conf', () => {
  test('is not rendered for ACME', () => {
    expect(() => renderNginxSite(edge(acme))).toThrow(TypeError);
  });
});

describe('traefik.yml', () => {
  test('has routers whose middlewares and services exist', () => {
    const { http, tls } = parse(renderTraefik(edge(files))) as Dynamic;
    for (const router of Object.values(http.routers)) {
      expect(Object.keys(http.services)).toContain(router.service);
      for (const middleware of router.middlewares)
        expect(Object.keys(http.middlewares)).toContain(middleware);
      expect(router.rule).toContain(
        '(Host(`reg.example.com`) || HostRegexp(`^[^.]+\\.pub\\.example\\.com$`)) && ',
      );
    }
    expect(tls.certificates[0]?.certFile).toBe('/tls/a b.crt');
    const stopped = parse(renderTraefikStopped(edge(files))) as Dynamic;
    for (const { rule, service, middlewares } of Object.values(stopped.http.routers)) {
      expect(rule).toContain('Host(`reg.example.com`)');
      expect(Object.keys(http.services)).toContain(service);
      for (const middleware of middlewares)
        expect(Object.keys({ ...http.middlewares, ...stopped.http.middlewares })).toContain(middleware);
    }
    expect(parse(renderTraefikStatic(edge(off), '/x/d'))).toMatchObject({
      entryPoints: {
        registry: { address: ':5001', forwardedHeaders: { trustedIPs: ['10.0.0.0/8', 'fc00::/7'] } },
      },
      providers: { providersThrottleDuration: '200ms', file: { directory: '/x/d' } },
    });
  });
});

describe('traefik/dockpass.yml', () => {
  const { http } = parse(
    renderTraefik(
      edge(off, {
        names: [],
        publicDomainRules: {
          domains: ['pub.test', '*.hub.test', 'odd.test:8443'].map(parseDomain),
          hostName: undefined,
          loginHost: undefined,
        },
      }),
    ),
  ) as Dynamic;

  test('first asks dockpass about writes on a public domain, without credentials', () => {
    const { rule, priority, middlewares } = http.routers['dockpass-public-write'] ?? {};
    expect(rule).toBe(
      'PathPrefix(`/v2/`) && !(Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`)) && ' +
        '(Host(`pub.test`) || HostRegexp(`^[^.]+\\.hub\\.test$`))',
    );
    const others = Object.entries(http.routers).filter(([name]) => name !== 'dockpass-public-write');
    for (const [, other] of others) expect(other.priority).toBeLessThan(priority ?? 0);
    // Behind a TLS proxy, a client could describe another request to dockpass. The first middleware prevents that.
    expect(middlewares?.slice(1, 3).map((name) => http.middlewares[name])).toMatchObject([
      { headers: { customRequestHeaders: { 'X-Forwarded-Method': '', 'X-Forwarded-Uri': '' } } },
      { forwardAuth: { authRequestHeaders: ['User-Agent'], trustForwardHeader: true } },
    ]);
  });

  test('has no router for writes if no domain is public', () => {
    expect(renderTraefik(edge(off, { publicDomainRules: undefined }))).not.toContain('pulls-only');
  });
});

interface Dynamic {
  http: {
    routers: Record<string, { rule: string; priority: number; service: string; middlewares: string[] }>;
    middlewares: Record<string, unknown>;
    services: Record<string, unknown>;
  };
  tls: { certificates: { certFile: string }[] };
}

test.each(['localhost', 'a.b.localhost:1', 'localhost.', '127.1.2.3:80', '[::1]'])(
  'recognizes %s as this machine',
  (host) => {
    expect(host).toMatch(new RegExp(localHostPattern, 'i'));
  },
);

test.each([
  'localhost.evil.test',
  'xlocalhost',
  '127.0.0.1.evil.test',
  '::1',
  '128.0.0.1',
  'evil:80.localhost',
  '',
])('does not recognize %s as this machine', (host) => {
  expect(host).not.toMatch(new RegExp(localHostPattern, 'i'));
});
