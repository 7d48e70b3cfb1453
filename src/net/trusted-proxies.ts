import { BlockList, isIP } from 'node:net';
import { memoize } from '../cache/memoize.ts';

/** A set of IP addresses and networks: the proxies whose Host and X-Forwarded-For headers are trusted. */
export interface TrustedProxies {
  /** The addresses and networks as they are written in the configuration. */
  readonly texts: readonly string[];
  contains(address: string): boolean;
}

/** The names that can be used in the configuration instead of a list of networks. */
const namedNetworks: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1/128']],
  // Container networks use these private networks (RFC 1918, RFC 4193).
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
]);

/** Checking an address takes longer than many other steps of a request, and most requests come from few addresses. */
const rememberedAddresses = 1000;

/**
 * Parses a list of IP addresses, CIDR networks, and the names `loopback` and `private`.
 * @returns the parsed set or, if an entry of the list is invalid, the first such entry as a string
 */
export function parseTrustedProxies(texts: readonly string[]): TrustedProxies | string {
  // The named networks are valid, and they are not parsed here: Node compiles the regular expression for IPv6 addresses
  // at its first use, and that and the first BlockList take a tenth of the time of a short command.
  for (const text of texts) if (!namedNetworks.has(text) && parseNetwork(text) === undefined) return text;
  let list: BlockList | undefined;
  const contains = memoize(rememberedAddresses, (address) => {
    list ??= createBlockList(texts);
    const plain = plainAddress(address);
    return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  });
  return { texts, contains };
}

/**
 * Returns the networks that an entry of the setting `trustedProxies` means. Each entry except `loopback` and `private`
 * is itself a network or an address.
 */
export function networksOf(text: string): readonly string[] {
  return namedNetworks.get(text) ?? [text];
}

/**
 * Removes the prefix `::ffff:` from an IPv4 address. Node adds this prefix to the address of an IPv4 client if the
 * socket is dual-stack.
 */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)) return undefined;
  return { address, prefix: Number(prefix ?? bits), family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Creates a list of networks. Texts that are no network are left out. */
export function createBlockList(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts.flatMap(networksOf)) {
    const network = parseNetwork(text);
    if (network !== undefined) list.addSubnet(network.address, network.prefix, network.family);
  }
  return list;
}
