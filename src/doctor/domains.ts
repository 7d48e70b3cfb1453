import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { isLocal } from '../realm/client-address.ts';
import { domainMatches, formatDomainName, type Domain } from '../realm/domain.ts';
import { hostnameOf, tryConnection, urlOf, type Target } from './network/http-request.ts';
import { examineTls } from './network/tls.ts';

/** A configured domain, and the result of the attempt to reach the edge under this domain. */
export interface ProbedDomain {
  /** The name of the domain, as in the configuration. */
  readonly name: string;
  readonly kind: 'public' | 'private';
  /**
   * True if the domain is a wildcard domain `*.name`. For such a domain, doctor uses the host name
   * `dockpass-doctor.name`.
   */
  readonly wildcard: boolean;
  readonly reached: Reached;
}

export type Reached =
  | {
      readonly state: 'open';
      readonly target: Target;
      /** Those addresses of the domain that accept no connections. The address in `target` is never one of them. */
      readonly closedAddresses: readonly string[];
    }
  | { readonly state: 'unresolved'; readonly reason: string }
  | { readonly state: 'closed'; readonly tried: readonly string[] };

/**
 * The values of the command line options that tell doctor how to reach the edge. A person needs these options, for
 * example, if DNS does not resolve the domains to the edge.
 */
export interface EdgeOverrides {
  /** The scheme, address and port of the edge. doctor uses them for every domain. */
  readonly edge: URL | undefined;
  /** The values of `--resolve`. Each value has the form HOST:PORT:ADDRESS, as in curl. */
  readonly resolve: readonly Resolution[];
  /**
   * The URLs of `--registry`. If the host name of a URL is a configured domain, doctor reaches the edge at the port and
   * with the scheme of this URL.
   */
  readonly registries: readonly URL[];
}

export interface Resolution {
  readonly host: string;
  readonly port: number;
  readonly address: string;
}

/** Parses a value of `--resolve`. @returns undefined if the text does not have the form HOST:PORT:ADDRESS */
export function parseResolution(text: string): Resolution | undefined {
  const [, host, port, address] = /^([^:]+):(\d{1,5}):\[?([0-9a-fA-F.:]+?)\]?$/.exec(text) ?? [];
  if (host === undefined || address === undefined || isIP(address) === 0) return undefined;
  return { host: host.toLowerCase(), port: Number(port), address };
}

/**
 * Tries to reach the edge under each configured domain. If `externalUrl` is set, tries only the host of that URL. Also
 * tries localhost if no domain is configured, or if `servesLocalhost` returns true. The result contains localhost only
 * if something listens there.
 * @param edge `own edge` if the running server is `dockpass up`, so that its edge is on this machine
 */
export async function findDomains(
  config: Config,
  overrides: EdgeOverrides,
  edge: 'own edge' | 'other edge' = 'other edge',
): Promise<ProbedDomain[]> {
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
      // If the configured domain has a port, clients use that port. Therefore the ports of `--registry` are used only
      // for domains without a port.
      [...(domain.port === 'any' ? named : []), ...openingsOf(domain, config)],
      overrides,
    ),
  }));
  if (configured.length > 0 && !servesLocalhost(config, edge)) return Promise.all(found);
  const domain: Domain = { name: 'localhost', wildcard: false, port: 'any' };
  const reached = await reach(domain, openingsOf(domain, config), overrides);
  // Without a configured domain, dockpass may run without an edge. So if nothing listens, doctor has no edge to check.
  const local: ProbedDomain = { name: 'localhost', kind: 'private', wildcard: false, reached };
  return [...(await Promise.all(found)), ...(reached.state === 'open' ? [local] : [])];
}

/**
 * Returns true if the edge on this machine serves localhost as a private domain, so that people can log in there. This
 * is so if no private domain is configured and the certificate is self-signed. Other certificates do not contain
 * localhost.
 */
function servesLocalhost({ publicDomains, up }: Config, edge: 'own edge' | 'other edge'): boolean {
  const isPublic = publicDomains.some((domain) =>
    domainMatches(domain, { name: 'localhost', port: up.port }),
  );
  return edge === 'own edge' && up.tls === 'self-signed' && up.privateDomains.length === 0 && !isPublic;
}

async function findExternal(url: URL, config: Config, overrides: EdgeOverrides): Promise<ProbedDomain> {
  const opening = openingOf(url);
  const domain: Domain = { name: hostnameOf(url.host), wildcard: false, port: opening.port };
  const isPublic = config.publicDomains.some(({ name }) => name === domain.name);
  const reached = await reach(domain, [opening], overrides);
  return { name: url.host, kind: isPublic ? 'public' : 'private', wildcard: false, reached };
}

/**
 * A port on which the edge may listen, and whether it uses TLS on this port. `unknown`: the edge is behind a TLS proxy,
 * and the port may belong to either of them.
 */
interface Opening {
  readonly port: number;
  readonly tls: boolean | 'unknown';
}

function openingOf(url: URL): Opening & { readonly tls: boolean } {
  const tls = url.protocol === 'https:';
  return { port: Number(url.port || (tls ? 443 : 80)), tls };
}

/**
 * Takes the URLs of `--registry` whose host name is a configured domain, and returns their ports and schemes. The edge
 * serves all domains on the same port, so a port from the URL of one domain can also be used to reach the other
 * domains.
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

/** Returns the ports on which the edge may listen, in the order in which doctor tries them. */
function openingsOf(domain: Domain, config: Config): Opening[] {
  if (domain.port !== 'any') {
    const port = domain.port ?? 443;
    return [{ port, tls: config.up.tls !== 'off' || port === 443 ? true : 'unknown' }];
  }
  const usual = { port: 443, tls: true };
  const own = { port: config.up.port, tls: config.up.tls !== 'off' };
  // If `up.tls` is off, the edge is usually behind a TLS proxy, and clients connect to port 443 of that proxy. So
  // doctor tries port 443 before the port of the edge. For a local domain such as localhost, clients usually connect to
  // the edge itself, so doctor tries its port first.
  return own.tls || isLocal(domain) ? [own, usual] : [usual, own];
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
    const { port } = opening;
    const addresses = addressesAt(port);
    const connections = await Promise.all(addresses.map((address) => tryConnection(address, port)));
    const host = addresses[connections.indexOf('open')];
    if (host !== undefined) {
      // Do not report a closed loopback address. dockpass and its edges may listen on only one of the two loopback
      // addresses, and every client tries both.
      const isLoopback = name === 'localhost' || name.endsWith('.localhost');
      const closed = isLoopback ? [] : addresses.filter((_, at) => connections[at] === 'closed');
      const tls = opening.tls === 'unknown' ? await usesTls(name, host, port) : opening.tls;
      return {
        state: 'open',
        target: { host, port, as: hostHeader(name, { port, tls }), tls },
        closedAddresses: closed.map((address) => `${address} port ${port}`),
      };
    }
    tried.push(...addresses.map((address) => `${address} port ${port}`));
  }
  return { state: 'closed', tried: [...new Set(tried)] };
}

async function usesTls(name: string, host: string, port: number): Promise<boolean> {
  return typeof (await examineTls({ host, port, as: name, tls: true })) !== 'string';
}

async function reachEdge(name: string, domain: Domain, edge: URL): Promise<Reached> {
  const { port, tls } = openingOf(edge);
  const host = hostnameOf(edge.host);
  if ((await tryConnection(host, port)) !== 'open')
    return { state: 'closed', tried: [`${host} port ${port}`] };
  // If the configured domain has a port, clients send that port in the Host header, even if the edge itself listens on
  // another port behind a proxy. So doctor sends the port of the domain and not the port of the edge.
  const sentPort = typeof domain.port === 'number' ? domain.port : port;
  const as = hostHeader(name, { port: sentPort, tls });
  return { state: 'open', target: { host, port, as, tls }, closedAddresses: [] };
}

function hostHeader(name: string, { port, tls }: Opening & { readonly tls: boolean }): string {
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

/** Describes a domain, and how doctor has reached it, such as `public domain pub.example.com, at https://pub.example.com`. */
export function describeDomain({ name, kind, reached }: ProbedDomain): string {
  const where = reached.state === 'open' ? `at ${urlOf(reached.target)}` : 'not reached';
  return `${kind} domain ${name}, ${where}`;
}
