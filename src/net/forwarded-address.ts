import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { plainAddress, type TrustedProxies } from './trusted-proxies.ts';

/**
 * The address of a client whose real address cannot be read, for example because a proxy wrote `unknown`. It is in no
 * network, so an allow rule with `from` never applies to it. All clients with this address share one limit for failed
 * logins.
 */
export const unknownAddress = 'unknown';

/** A port: digits, or an obfuscated identifier (RFC 7239 section 6). */
const port = String.raw`(?:\d{1,5}|_[A-Za-z0-9._-]+)`;
const ipv4WithPort = new RegExp(String.raw`^([\d.]{7,15}):${port}$`);
const ipv6InBrackets = new RegExp(String.raw`^\[([^\]]{2,45})\](?::${port})?$`);

/**
 * Returns the address of the client from an X-Forwarded-For header. The header is read from right to left, because each
 * proxy appends the address of its peer. The first address that is not a trusted proxy is the client's. If all
 * addresses are trusted, the leftmost one is the client's. This happens if `trustedProxies` contains `private` and the
 * client has a private address.
 * @returns `unknown` if the entry that decides is not an IP address
 */
export function clientAddressOf(header: string, trustedProxies: TrustedProxies): string {
  let end = header.length;
  for (;;) {
    const comma = header.lastIndexOf(',', end - 1);
    const address = readNode(header.slice(comma + 1, end).trim());
    if (address === undefined) return unknownAddress;
    if (comma < 0 || !trustedProxies.contains(address)) return address;
    end = comma;
  }
}

/**
 * Returns the IP address of a node (RFC 7239 section 6) in its canonical form, without the port and the brackets. Also
 * reads what proxies write into X-Forwarded-For in addition to this grammar: an IPv6 address without brackets, with or
 * without a zone, and a node in double quotes.
 * @returns undefined for `unknown`, for an obfuscated identifier such as `_hidden`, and for everything else
 */
export function readNode(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const node = /^"(.*)"$/.exec(text)?.[1] ?? text;
  const ipv4 = ipv4WithPort.exec(node)?.[1] ?? node;
  if (isIPv4(ipv4)) return ipv4;
  const ipv6 = ipv6InBrackets.exec(node)?.[1] ?? node;
  return isIPv6(ipv6) ? canonicalIpv6(ipv6) : undefined;
}

/** Writes all spellings of an IPv6 address alike. An IPv4-mapped address becomes an IPv4 address. */
function canonicalIpv6(text: string): string {
  const [address = ''] = text.split('%');
  return plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}
