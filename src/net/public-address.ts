import { BlockList, isIP } from 'node:net';
import { createBlockList, plainAddress } from './trusted-proxies.ts';

/** The networks of IPv4 that are not part of the internet (RFC 6890, RFC 5771). */
const specialIpv4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private (RFC 1918)
  '100.64.0.0/10', // shared by the customers of a provider (RFC 6598)
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; cloud machines read their credentials there
  '172.16.0.0/12', // private (RFC 1918)
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays from IPv6 to IPv4
  '192.168.0.0/16', // private (RFC 1918)
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];

/** The only network of IPv6 that contains public addresses (RFC 4291 section 2.4). */
const globalIpv6 = '2000::/3';
/** The networks in it that are not public. The addresses of some of them contain any IPv4 address. */
const specialIpv6 = [
  '2001::/23', // protocol assignments, such as Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
];

let lists: { readonly ipv4: BlockList; readonly ipv6: BlockList; readonly global: BlockList } | undefined;

/**
 * Returns true if an IP address belongs to the internet. Returns false for private, loopback, link-local and other
 * special addresses, for an IPv6 address that contains an IPv4 address (such as `::ffff:10.0.0.1`) if that is not
 * public, and for a text that is not an IP address.
 */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  lists ??= {
    ipv4: createBlockList(specialIpv4),
    ipv6: createBlockList(specialIpv6),
    global: createBlockList([globalIpv6]),
  };
  switch (isIP(plain)) {
    case 4:
      return !lists.ipv4.check(plain, 'ipv4');
    case 6:
      return lists.global.check(plain, 'ipv6') && !lists.ipv6.check(plain, 'ipv6');
    default:
      return false;
  }
}
