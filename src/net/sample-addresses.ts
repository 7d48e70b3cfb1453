import { isIP } from 'node:net';
import { networksOf } from './trusted-proxies.ts';

/** Addresses for documentation (RFC 5737, RFC 3849). Usually, no configured network contains them. */
const ordinary = ['192.0.2.1', '2001:db8::1'];

/**
 * Returns sample addresses that represent all clients: for each possible address of a client, one of the samples is in
 * exactly the same networks. So a decision that depends only on these networks is known for every client if it is known
 * for the samples. The samples are the first and the last address of each network, the addresses just outside of it,
 * and two other addresses.
 * @param texts networks as in the setting `trustedProxies`: addresses, networks such as `10.0.0.0/8`, and names
 */
export function sampleAddresses(texts: readonly string[]): string[] {
  const found = new Set(ordinary);
  for (const network of texts.flatMap(networksOf)) {
    const [address = '', prefix] = network.split('/');
    const version = isIP(address);
    if (version === 0) continue;
    const bits = version === 4 ? 32n : 128n;
    const size = 1n << (bits - BigInt(prefix ?? bits));
    const number = toNumber(address, version);
    const first = number - (number % size);
    const limit = 1n << bits;
    for (const sample of [first - 1n, first, first + size - 1n, first + size])
      if (sample >= 0n && sample < limit) found.add(toAddress(sample, version));
  }
  return [...found];
}

function toNumber(address: string, version: number): bigint {
  if (version === 4) return joinGroups(address.split('.').map(Number), 8n);
  // The parser of URLs writes an address that ends with an IPv4 address as groups of hexadecimal digits.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const split = (text = ''): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [split(head), split(tail)];
  const zeros = Array<number>(8 - front.length - back.length).fill(0);
  return joinGroups([...front, ...zeros, ...back], 16n);
}

function joinGroups(groups: readonly number[], bits: bigint): bigint {
  return groups.reduce((number, group) => (number << bits) + BigInt(group), 0n);
}

function toAddress(number: bigint, version: number): string {
  const [count, bits] = version === 4 ? [4, 8n] : [8, 16n];
  const groups = Array.from({ length: count }, (_, at) =>
    Number((number >> (BigInt(count - 1 - at) * bits)) & ((1n << bits) - 1n)),
  );
  return version === 4 ? groups.join('.') : groups.map((group) => group.toString(16)).join(':');
}
