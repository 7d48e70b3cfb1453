import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { formatDomainName, type Domain } from '../realm/domain.ts';
import { canConnect, hostnameOf, type Target } from './http-request.ts';

/** The edge, as clients reach it under one name. */
export interface ProbedDomain {
  /** As it stands in the configuration. */
  readonly name: string;
  readonly kind: 'public' | 'private';
  /** The name was made up to stand for `*.`. */
  readonly wildcard: boolean;
  readonly reached: Reached;
}

export type Reached =
  | { readonly state: 'open'; readonly target: Target }
  | { readonly state: 'unresolved'; readonly reason: string }
  | { readonly state: 'closed'; readonly tried: readonly string[] };

/** How the edge is reached where DNS does not say it. */
export interface Ways {
  /** Scheme, address and port of the edge, whatever the names resolve to. */
  readonly edge: URL | undefined;
  /** HOST:PORT:ADDRESS, as curl takes it. */
  readonly resolve: readonly Resolution[];
}

export interface Resolution {
  readonly host: string;
  readonly port: number;
  readonly address: string;
}

/** Undefined where the text is no HOST:PORT:ADDRESS. */
export function parseResolution(text: string): Resolution | undefined {
  const [, host, port, address] = /^([^:]+):(\d{1,5}):\[?([0-9a-fA-F.:]+?)\]?$/.exec(text) ?? [];
  if (host === undefined || address === undefined || isIP(address) === 0) return undefined;
  return { host: host.toLowerCase(), port: Number(port), address };
}

/** One for each name that the configuration knows; with none, localhost, where `up` opens its door. */
export async function findDomains(config: Config, ways: Ways): Promise<ProbedDomain[]> {
  const { externalUrl } = config;
  if (externalUrl !== null) {
    const port = Number(externalUrl.port || (externalUrl.protocol === 'https:' ? 443 : 80));
    const domain: Domain = { name: hostnameOf(externalUrl.host), wildcard: false, port };
    const isPublic = config.publicDomains.some(({ name }) => name === domain.name);
    const tls = externalUrl.protocol === 'https:';
    const reached = await reach(domain, [{ port, tls }], ways);
    return [{ name: externalUrl.host, kind: isPublic ? 'public' : 'private', wildcard: false, reached }];
  }
  const named = [
    ...config.publicDomains.map((domain) => ({ domain, kind: 'public' as const })),
    ...config.up.privateDomains.map((domain) => ({ domain, kind: 'private' as const })),
  ];
  const found = named.map(async ({ domain, kind }): Promise<ProbedDomain> => ({
    name: formatDomainName(domain),
    kind,
    wildcard: domain.wildcard,
    reached: await reach(domain, doorsOf(domain, config), ways),
  }));
  if (named.length > 0) return Promise.all(found);
  const domain: Domain = { name: 'localhost', wildcard: false, port: 'any' };
  const reached = await reach(domain, doorsOf(domain, config), ways);
  // Nobody said that there has to be one.
  return reached.state === 'open' ? [{ name: 'localhost', kind: 'private', wildcard: false, reached }] : [];
}

interface Opening {
  readonly port: number;
  readonly tls: boolean;
}

/** Where to knock, in this order. */
function doorsOf(domain: Domain, config: Config): Opening[] {
  if (domain.port !== 'any') {
    const port = domain.port ?? 443;
    return [{ port, tls: config.up.tls !== 'off' || port === 443 }];
  }
  const usual = { port: 443, tls: true };
  const own = { port: config.up.port, tls: config.up.tls !== 'off' };
  // Behind a TLS proxy, clients come by its port.
  return own.tls ? [own, usual] : [usual, own];
}

async function reach(domain: Domain, openings: readonly Opening[], ways: Ways): Promise<Reached> {
  const name = domain.wildcard ? `dockpass-doctor.${domain.name}` : domain.name;
  if (ways.edge !== undefined) return reachEdge(name, domain, ways.edge);
  const given = ways.resolve.filter(({ host }) => host === name);
  const places: { host: string; opening: Opening }[] = given.map(({ address, port }) => ({
    host: address,
    opening: { port, tls: openings.find((opening) => opening.port === port)?.tls ?? port !== 80 },
  }));
  if (given.length === 0) {
    try {
      const addresses = await lookup(name, { all: true });
      places.push(
        ...openings.flatMap((opening) => addresses.map(({ address }) => ({ host: address, opening }))),
      );
    } catch (error) {
      return { state: 'unresolved', reason: messageOf(error) };
    }
  }
  for (const { host, opening } of places) {
    if (!(await canConnect(host, opening.port))) continue;
    return {
      state: 'open',
      target: { host, port: opening.port, as: hostHeader(name, opening), tls: opening.tls },
    };
  }
  return { state: 'closed', tried: places.map(({ host, opening }) => `${host} port ${opening.port}`) };
}

async function reachEdge(name: string, domain: Domain, edge: URL): Promise<Reached> {
  const tls = edge.protocol === 'https:';
  const host = hostnameOf(edge.host);
  const port = Number(edge.port || (tls ? 443 : 80));
  if (!(await canConnect(host, port))) return { state: 'closed', tried: [`${host} port ${port}`] };
  // A port in the configured name is what clients say, even where a proxy in front of this edge listens on it.
  const said = typeof domain.port === 'number' ? domain.port : port;
  return { state: 'open', target: { host, port, as: hostHeader(name, { port: said, tls }), tls } };
}

function hostHeader(name: string, { port, tls }: Opening): string {
  const host = name.includes(':') ? `[${name}]` : name;
  return port === (tls ? 443 : 80) ? host : `${host}:${port}`;
}

/** A door at which somebody answers. */
export interface ReachableDomain {
  readonly name: string;
  readonly kind: 'public' | 'private';
  readonly hostname: string;
  /** The setting in which the name stands. */
  readonly setting: string;
  readonly target: Target;
}

export function reachableDomains(doors: readonly ProbedDomain[]): ReachableDomain[] {
  return doors.flatMap(({ name, kind, reached }) =>
    reached.state === 'open'
      ? [
          {
            name,
            kind,
            hostname: hostnameOf(reached.target.as),
            setting: kind === 'public' ? 'publicDomains' : 'up.privateDomains',
            target: reached.target,
          },
        ]
      : [],
  );
}
