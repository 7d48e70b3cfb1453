import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { formatDomainName, type Domain } from '../realm/domain.ts';
import { hostnameOf, tryConnection, type Target } from './network/http-request.ts';

/** A configured domain, and whether doctor reaches the edge under it. */
export interface ProbedDomain {
  /** The name of the domain, as in the configuration. */
  readonly name: string;
  readonly kind: 'public' | 'private';
  /** True for `*.name`. doctor then sends its requests under the host name `dockpass-doctor.name`. */
  readonly wildcard: boolean;
  readonly reached: Reached;
}

export type Reached =
  | {
      readonly state: 'open';
      readonly target: Target;
      /**
       * The addresses of the domain at which no server accepts connections. The list never contains the address in
       * `target`.
       */
      readonly closedAddresses: readonly string[];
    }
  | { readonly state: 'unresolved'; readonly reason: string }
  | { readonly state: 'closed'; readonly tried: readonly string[] };

/** Options that tell doctor how to reach the edge, for example if DNS does not lead to it. */
export interface EdgeOverrides {
  /** The scheme, address and port of the edge. They apply to every domain. */
  readonly edge: URL | undefined;
  /** The values of `--resolve`, each written HOST:PORT:ADDRESS as in curl. */
  readonly resolve: readonly Resolution[];
  /**
   * The URLs of `--registry`. If the host name of a URL is a configured domain, the URL also tells the port and scheme
   * of the edge.
   */
  readonly registries: readonly URL[];
}

export interface Resolution {
  readonly host: string;
  readonly port: number;
  readonly address: string;
}

/** @returns undefined if the text is not HOST:PORT:ADDRESS */
export function parseResolution(text: string): Resolution | undefined {
  const [, host, port, address] = /^([^:]+):(\d{1,5}):\[?([0-9a-fA-F.:]+?)\]?$/.exec(text) ?? [];
  if (host === undefined || address === undefined || isIP(address) === 0) return undefined;
  return { host: host.toLowerCase(), port: Number(port), address };
}

/**
 * Tries to reach the edge under each configured domain, or only under `externalUrl` if that is set. If no domain is
 * configured, returns localhost, but only if the edge of `dockpass up` listens there.
 */
export async function findDomains(config: Config, overrides: EdgeOverrides): Promise<ProbedDomain[]> {
  const { externalUrl } = config;
  if (externalUrl !== null) return [await findExternal(externalUrl, config, overrides)];
  const configured = [
    ...config.publicDomains.map((domain) => ({ domain, kind: 'public' as const })),
    ...config.up.privateDomains.map((domain) => ({ domain, kind: 'private' as const })),
  ];
  const named = openingsNamedBy(overrides.registries, configured);
  const found = configured.map(async ({ domain, kind }): Promise<ProbedDomain> => ({
    name: formatDomainName(domain),
    kind,
    wildcard: domain.wildcard,
    reached: await reach(
      domain,
      // If the configured domain has a port, clients use that port, so the ports of `--registry` do not apply.
      [...(domain.port === 'any' ? named : []), ...openingsOf(domain, config)],
      overrides,
    ),
  }));
  if (configured.length > 0) return Promise.all(found);
  const domain: Domain = { name: 'localhost', wildcard: false, port: 'any' };
  const reached = await reach(domain, openingsOf(domain, config), overrides);
  // No domain is configured, so a missing edge is not a fault.
  return reached.state === 'open' ? [{ name: 'localhost', kind: 'private', wildcard: false, reached }] : [];
}

async function findExternal(url: URL, config: Config, overrides: EdgeOverrides): Promise<ProbedDomain> {
  const opening = openingOf(url);
  const domain: Domain = { name: hostnameOf(url.host), wildcard: false, port: opening.port };
  const isPublic = config.publicDomains.some(({ name }) => name === domain.name);
  const reached = await reach(domain, [opening], overrides);
  return { name: url.host, kind: isPublic ? 'public' : 'private', wildcard: false, reached };
}

/** A port where the edge may listen. */
interface Opening {
  readonly port: number;
  readonly tls: boolean;
}

function openingOf(url: URL): Opening {
  const tls = url.protocol === 'https:';
  return { port: Number(url.port || (tls ? 443 : 80)), tls };
}

/**
 * Returns the ports and schemes of the URLs whose host name is a configured domain. All domains of one edge share its
 * port, so the URL of one domain tells the port of the other domains.
 */
function openingsNamedBy(
  registries: readonly URL[],
  configured: readonly { readonly domain: Domain }[],
): Opening[] {
  const isDomain = (hostname: string): boolean =>
    configured.some(({ domain: { name, wildcard } }) =>
      wildcard ? hostname.endsWith(`.${name}`) : hostname === name,
    );
  return registries.filter(({ host }) => isDomain(hostnameOf(host))).map(openingOf);
}

/** Returns the ports where the edge may listen, in the order in which doctor tries them. */
function openingsOf(domain: Domain, config: Config): Opening[] {
  if (domain.port !== 'any') {
    const port = domain.port ?? 443;
    return [{ port, tls: config.up.tls !== 'off' || port === 443 }];
  }
  const usual = { port: 443, tls: true };
  const own = { port: config.up.port, tls: config.up.tls !== 'off' };
  // If `up.tls` is off, the edge is usually behind a TLS proxy. Clients then use port 443 of that proxy, so port 443 is
  // tried first.
  return own.tls ? [own, usual] : [usual, own];
}

async function reach(
  domain: Domain,
  openings: readonly Opening[],
  { edge, resolve }: EdgeOverrides,
): Promise<Reached> {
  const name = domain.wildcard ? `dockpass-doctor.${domain.name}` : domain.name;
  if (edge !== undefined) return reachEdge(name, domain, edge);
  const given = resolve.filter(({ host }) => host === name);
  if (given.length > 0) {
    const ports = [...new Set(given.map(({ port }) => port))];
    return tryOpenings(
      name,
      ports.map((port) => ({
        port,
        tls: openings.find((opening) => opening.port === port)?.tls ?? port !== 80,
      })),
      (port) => given.filter((resolution) => resolution.port === port).map(({ address }) => address),
    );
  }
  try {
    const addresses = (await lookup(name, { all: true })).map(({ address }) => address);
    return await tryOpenings(name, openings, () => addresses);
  } catch (error) {
    return { state: 'unresolved', reason: messageOf(error) };
  }
}

async function tryOpenings(
  name: string,
  openings: readonly Opening[],
  addressesAt: (port: number) => readonly string[],
): Promise<Reached> {
  const tried: string[] = [];
  for (const opening of openings) {
    const { port, tls } = opening;
    const addresses = addressesAt(port);
    const connections = await Promise.all(addresses.map((address) => tryConnection(address, port)));
    const host = addresses[connections.indexOf('open')];
    if (host !== undefined) {
      // A closed loopback address is not a fault: dockpass and its edges may listen on only one of the two loopback
      // addresses, and every client tries both.
      const isLocal = name === 'localhost' || name.endsWith('.localhost');
      const closed = isLocal ? [] : addresses.filter((_, at) => connections[at] === 'closed');
      return {
        state: 'open',
        target: { host, port, as: hostHeader(name, opening), tls },
        closedAddresses: closed.map((address) => `${address} port ${port}`),
      };
    }
    tried.push(...addresses.map((address) => `${address} port ${port}`));
  }
  return { state: 'closed', tried: [...new Set(tried)] };
}

async function reachEdge(name: string, domain: Domain, edge: URL): Promise<Reached> {
  const { port, tls } = openingOf(edge);
  const host = hostnameOf(edge.host);
  if ((await tryConnection(host, port)) !== 'open')
    return { state: 'closed', tried: [`${host} port ${port}`] };
  // If the configured domain has a port, clients send that port in the Host header. They do so even if the port belongs
  // to a proxy in front of the edge, and the edge itself listens on another port.
  const sentPort = typeof domain.port === 'number' ? domain.port : port;
  const as = hostHeader(name, { port: sentPort, tls });
  return { state: 'open', target: { host, port, as, tls }, closedAddresses: [] };
}

function hostHeader(name: string, { port, tls }: Opening): string {
  const host = name.includes(':') ? `[${name}]` : name;
  return port === (tls ? 443 : 80) ? host : `${host}:${port}`;
}

/** A domain at which a server accepts connections. */
export interface ReachableDomain {
  readonly name: string;
  readonly kind: 'public' | 'private';
  readonly hostname: string;
  /** The setting that contains the domain: `publicDomains` or `up.privateDomains`. */
  readonly setting: string;
  readonly target: Target;
}

export function reachableDomains(domains: readonly ProbedDomain[]): ReachableDomain[] {
  return domains.flatMap(({ name, kind, reached }) =>
    reached.state === 'open'
      ? [
          {
            name,
            kind,
            hostname: hostnameOf(reached.target.as),
            setting: settingOf(kind),
            target: reached.target,
          },
        ]
      : [],
  );
}

export function settingOf(kind: 'public' | 'private'): string {
  return kind === 'public' ? 'publicDomains' : 'up.privateDomains';
}
