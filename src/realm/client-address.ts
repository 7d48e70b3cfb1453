import type { Domain } from './domain.ts';

/** The address of the edge, from the settings of `up` and `init`. */
export interface EdgeAddress {
  readonly port: number;
  /** Plain HTTP, behind a TLS proxy or on this machine only. */
  readonly isPlain: boolean;
}

/**
 * Returns what a client writes to reach a domain. Behind a TLS proxy, the port is that of the proxy, in most cases
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

export function isLocal({ name }: Domain): boolean {
  return /(^|\.)localhost$|^127\.|^::1$/.test(name);
}

/** Returns the first private domain that is not a wildcard, for messages that say where to log in. */
export function loginHost(privateDomains: readonly Domain[], edge: EdgeAddress): string | undefined {
  const domain = privateDomains.find(({ wildcard }) => !wildcard);
  return domain && clientAddress(domain, edge);
}
