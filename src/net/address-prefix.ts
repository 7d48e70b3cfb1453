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
