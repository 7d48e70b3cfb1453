import { expect, test } from 'vitest';
import { sampleAddresses } from '../../../src/net/sample-addresses.ts';
import { parseTrustedProxies } from '../../../src/net/trusted-proxies.ts';

/** Returns which of the networks contain the address, as one text. */
function membership(texts: readonly string[], address: string): string {
  return texts
    .filter((text) => {
      const peers = parseTrustedProxies([text]);
      return typeof peers !== 'string' && peers.contains(address);
    })
    .join(' ');
}

test.each([
  [[]],
  [['10.0.0.0/8', '10.0.0.0/16', '10.255.0.0/16']],
  [['0.0.0.0/0']],
  [['192.0.2.0/24', '2001:db8::/32']],
  [['loopback', 'private', '10.1.2.3']],
  [['fd00::/8', 'fd12:3456::/32', '::ffff:0:0/96', '::/0']],
])('for %j, every combination of networks has a sample', (texts) => {
  const found = new Set(sampleAddresses(texts).map((address) => membership(texts, address)));
  const probes = [
    ...['10.0.3.4', '10.1.2.3', '10.9.9.9', '10.255.1.1', '127.0.0.1', '192.0.2.9', '8.8.8.8', '172.20.0.1'],
    ...['::1', '2001:db8::9', '2620::1', 'fd12:3456::1', 'fdff::1', 'fe80::1'],
  ];
  for (const probe of probes) expect(found, probe).toContain(membership(texts, probe));
});

test('the samples are valid addresses at the edges of the network', () => {
  expect(sampleAddresses(['10.0.0.0/8'])).toEqual(
    expect.arrayContaining(['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0']),
  );
  expect(sampleAddresses(['::1'])).toEqual(expect.arrayContaining(['0:0:0:0:0:0:0:0', '0:0:0:0:0:0:0:2']));
});
