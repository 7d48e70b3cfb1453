import type { Domain } from './domain.ts';

/** The port and the protocol of the edge, from the settings of `dockpass up` and `dockpass init`. */
export interface EdgeAddress {
  readonly port: number;
  /** True if the edge serves plain HTTP, either behind a TLS proxy or only to clients on the same machine. */
  readonly isPlain: boolean;
}

/**
 * Returns the host name of a domain, with a port if clients need one, as in `docker login HOST:PORT`. If the edge runs
 * behind a TLS proxy, the port of the edge is left out, because clients connect to the proxy, in most cases on port
 * 443.
 */
export function clientAddress(domain: Domain, edge: EdgeAddress): string {
  const name = domain.wildcard
    ? `ANY.${domain.name}`
    : domain.name.includes(':')
      ? `[${domain.name}]`
      : domain.name;
  if (domain.port !== 'any') return domain.port === undefined ? name : `${name}:${domain.port}`;
  return edge.port === 443 || (edge.isPlain && !isLocal(domain)) ? name : `${name}:${edge.port}`;
}

/** Returns true for `localhost`, `*.localhost` and loopback addresses. */
export function isLocal({ name }: Pick<Domain, 'name'>): boolean {
  return /(^|\.)localhost$|^127\.|^::1$/.test(name);
}

/**
 * Returns the address of the first private domain that is not a wildcard, or undefined if there is none. Error messages
 * tell people to log in at this address.
 */
export function loginHost(privateDomains: readonly Domain[], edge: EdgeAddress): string | undefined {
  const domain = privateDomains.find(({ wildcard }) => !wildcard);
  return domain && clientAddress(domain, edge);
}
