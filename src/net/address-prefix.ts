import { isIPv6 } from 'node:net';

/**
 * What counts as one address where attempts are counted: an IPv4 address, or an IPv6 network of 64 bits, of which
 * every customer holds at least one and can take any of its 2^64 addresses (RFC 6177).
 */
export function addressPrefix(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  // An IPv4 address at the end stands for two words.
  const length = front.length + back.length + (address.includes('.') ? 1 : 0);
  const all = tail === undefined ? front : [...front, ...Array<string>(8 - length).fill('0'), ...back];
  const network = all.slice(0, 4).map((word) => Number.parseInt(word, 16).toString(16));
  return `${network.join(':')}::/64`;
}
