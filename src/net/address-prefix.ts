import { isIPv6 } from 'node:net';

/**
 * Returns the part of an IP address by which login attempts are counted: the whole IPv4 address, or the first 64 bits
 * of an IPv6 address. One client can use 2^64 IPv6 addresses, because a provider gives each customer at least one /64
 * network (RFC 6177).
 */
export function addressPrefix(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const split = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const front = split(head);
  const back = tail === undefined ? [] : split(tail);
  // An IPv6 address has eight groups of 16 bits. If it ends with an IPv4 address, the IPv4 address takes the place of
  // the last two groups.
  const length = front.length + back.length + (address.includes('.') ? 1 : 0);
  const groups = tail === undefined ? front : [...front, ...Array<string>(8 - length).fill('0'), ...back];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * Returns the larger networks that contain an IPv6 prefix: first the /56, then the /48. A provider gives most homes a
 * /56 and most companies a /48 (RFC 6177), so one client can use all addresses of such a network. Returns an empty list
 * for an IPv4 address and for a text that is not an address.
 * @param prefix a result of `addressPrefix`
 */
export function largerNetworks(prefix: string): readonly string[] {
  const groups = /^([\da-f]{1,4}:[\da-f]{1,4}:[\da-f]{1,4}):([\da-f]{1,4})::\/64$/.exec(prefix);
  if (groups === null) return [];
  const [, first48 = '', last = ''] = groups;
  const upperByte = (Number.parseInt(last, 16) & 0xff00).toString(16);
  return [`${first48}:${upperByte}::/56`, `${first48}::/48`];
}

/**
 * Returns the network of an address: the whole IPv4 address, or the first 48 bits of an IPv6 address. All clients of
 * one network share a limit, so that one network cannot use up the memory and the places in a queue that all networks
 * share.
 */
export function networkOf(address: string): string {
  const prefix = addressPrefix(address);
  return largerNetworks(prefix).at(-1) ?? prefix;
}
