import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import { publicDomainRulesOf, type Edge, type EdgeTls } from '../../../src/edge/edge.ts';
import { renderNginxSite } from '../../../src/edge/nginx/nginx.ts';
import { renderTraefik } from '../../../src/edge/traefik/traefik.ts';
import { parseDomain } from '../../../src/realm/domain.ts';
import { startCaddy } from './caddy.ts';
import { startNginx } from './nginx.ts';
import { freePort } from '../run/ports.ts';
import type { Running } from '../process/process.ts';
import type { TestAuthority } from '../tls/tls.ts';
import { startTraefik } from './traefik.ts';

export type DoorKind = 'caddy' | 'nginx' | 'traefik';

export interface Door {
  readonly port: number;
  readonly process: Running;
  /** `localhost:PORT`, private unless the configuration says otherwise. */
  readonly localhost: string;
  /** `127.0.0.1:PORT`. */
  readonly loopback: string;
}

export interface DoorOptions {
  /** Of its certificate; plain HTTP where there is none. */
  readonly authority?: TestAuthority;
  /** Ports of the upstreams, on loopback. */
  readonly registry: number;
  readonly dockpass: number;
  /** Any free one unless said. */
  readonly port?: number;
  /** Names beside localhost and 127.0.0.1 in its certificate. */
  readonly names?: readonly string[];
  /** Where it refuses writes by itself; the token server alone refuses them unless said. */
  readonly publicDomains?: readonly string[];
}

/** The edge that we document, on a free port: for tests that run registry and token server apart. */
export async function openDoor(kind: DoorKind, options: DoorOptions): Promise<Door> {
  const port = options.port ?? (await freePort());
  const edge: Edge = {
    port,
    ipv6: false,
    tls: await tlsOf(options),
    registry: { host: '127.0.0.1', port: options.registry },
    dockpass: { host: '127.0.0.1', port: options.dockpass },
    names: [],
    outerProxies: [],
    publicDomainRules: publicDomainRulesOf({
      publicDomains: (options.publicDomains ?? []).map(parseDomain),
      externalHost: undefined,
      loginHost: `localhost:${port}`,
    }),
  };
  const process = await startEdge(kind, edge);
  return { port, process, localhost: `localhost:${port}`, loopback: `127.0.0.1:${port}` };
}

async function tlsOf({ authority, names = [] }: DoorOptions): Promise<EdgeTls> {
  if (authority === undefined) return { kind: 'off' };
  const { certificateFile, keyFile } = await authority.issue(['localhost', '127.0.0.1', ...names]);
  return { kind: 'files', certificate: certificateFile, key: keyFile };
}

/** The edge on the configuration that we write for it. */
export async function startEdge(kind: DoorKind, edge: Edge): Promise<Running> {
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
