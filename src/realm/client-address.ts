import type { Domain } from './domain.ts';

/** The door as `up` and `init` were told of it. */
export interface EdgeAddress {
  readonly port: number;
  /** Plain HTTP, behind some TLS proxy or on this machine. */
  readonly isPlain: boolean;
}

/** What a client writes to reach a domain: behind a TLS proxy the port is the proxy's affair, and most often 443. */
export function clientAddress(domain: Domain, door: EdgeAddress): string {
  const name = domain.wildcard
    ? `ANY.${domain.name}`
    : domain.name.includes(':')
      ? `[${domain.name}]`
      : domain.name;
  if (domain.port !== 'any') return domain.port === undefined ? name : `${name}:${domain.port}`;
  return door.port === 443 || (door.isPlain && !isLocal(domain)) ? name : `${name}:${door.port}`;
}

export function isLocal({ name }: Domain): boolean {
  return /(^|\.)localhost$|^127\.|^::1$/.test(name);
}

/** The first private name that says where to log in; a wildcard does not. */
export function loginHost(privateDomains: readonly Domain[], door: EdgeAddress): string | undefined {
  const domain = privateDomains.find(({ wildcard }) => !wildcard);
  return domain && clientAddress(domain, door);
}
