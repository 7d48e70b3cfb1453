import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import { publicDomainRulesOf, type Edge, type EdgeTls } from '../../../src/edge/edge.ts';
import { renderNginxSite } from '../../../src/edge/nginx/nginx.ts';
import { renderTraefik } from '../../../src/edge/traefik/traefik.ts';
import { parseDomain } from '../../../src/realm/domain.ts';
import { startCaddy } from './caddy.ts';
import { startNginx } from './nginx.ts';
import { freePort } from '../run/ports.ts';
import type { Running } from '../process/process.ts';
import { temporaryDirectory } from '../run/temp.ts';
import type { TestAuthority } from '../tls/tls.ts';
import { startTraefik } from './traefik.ts';

export type EdgeKind = 'caddy' | 'nginx' | 'traefik';

export interface RunningEdge {
  readonly port: number;
  readonly process: Running;
  /** `localhost:PORT`. This domain is private unless the configuration makes it public. */
  readonly localhost: string;
  /** `127.0.0.1:PORT`. */
  readonly loopback: string;
}

export interface EdgeOptions {
  /** The CA that issues the certificate of the edge. If undefined, the edge uses plain HTTP. */
  readonly authority?: TestAuthority;
  /** The port of the registry on loopback. */
  readonly registry: number;
  /** The port of dockpass on loopback. */
  readonly dockpass: number;
  /** The port of the edge. Default: a free port. */
  readonly port?: number;
  /** Names in the certificate of the edge, in addition to localhost and 127.0.0.1. */
  readonly names?: readonly string[];
  /** The domains on which the edge itself denies writes. Default: none, so that only the token server denies them. */
  readonly publicDomains?: readonly string[];
  /** True if the edge sends the manifests of pushes to dockpass. Default: false. */
  readonly immutableTags?: boolean;
  /** The folder in which a file stops writes. Default: a new folder. */
  readonly writes?: string;
}

/** Starts an edge with the configuration that dockpass generates, for a registry and a dockpass that already run. */
export async function openEdge(kind: EdgeKind, options: EdgeOptions): Promise<RunningEdge> {
  const port = options.port ?? (await freePort());
  const edge: Edge = {
    port,
    ipv6: false,
    tls: await tlsOf(options),
    registry: { host: '127.0.0.1', port: options.registry },
    dockpass: { host: '127.0.0.1', port: options.dockpass },
    names: [],
    outerProxies: [],
    immutableTags: options.immutableTags ?? false,
    writes: options.writes ?? (await temporaryDirectory('writes')),
    publicDomainRules: publicDomainRulesOf({
      publicDomains: (options.publicDomains ?? []).map(parseDomain),
      externalHost: undefined,
      loginHost: `localhost:${port}`,
    }),
  };
  const process = await startEdge(kind, edge);
  return { port, process, localhost: `localhost:${port}`, loopback: `127.0.0.1:${port}` };
}

async function tlsOf({ authority, names = [] }: EdgeOptions): Promise<EdgeTls> {
  if (authority === undefined) return { kind: 'off' };
  const { certificateFile, keyFile } = await authority.issue(['localhost', '127.0.0.1', ...names]);
  return { kind: 'files', certificate: certificateFile, key: keyFile };
}

/** Starts an edge program with the configuration that dockpass generates for it. */
export async function startEdge(kind: EdgeKind, edge: Edge): Promise<Running> {
  const { port } = edge;
  switch (kind) {
    case 'caddy':
      return (await startCaddy({ caddyfile: renderCaddy(edge), port })).process;
    case 'nginx':
      return (await startNginx({ http: renderNginxSite(edge), port })).process;
    case 'traefik':
      return await startTraefik(edge, renderTraefik(edge));
  }
}
