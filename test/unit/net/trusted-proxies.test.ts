import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTrustedProxies, plainAddress } from '../../../src/net/trusted-proxies.ts';

function contains(texts: readonly string[], address: string): boolean {
  const proxies = parseTrustedProxies(texts);
  if (typeof proxies === 'string') throw new Error(`rejected ${proxies}`);
  return proxies.contains(address);
}

describe('trusted proxies', () => {
  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.0.1'],
    ['loopback', '::1'],
    ['loopback', '::ffff:127.0.0.1'],
    ['private', '172.31.255.255'],
    ['private', 'fd00::1'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.0/24', '192.0.2.255'],
    ['2001:db8::/32', '2001:db8:ffff::1'],
  ])('%s contains %s', (text, address) => {
    expect(contains([text], address)).toBe(true);
  });

  test.each([
    ['loopback', '10.0.0.1'],
    ['private', '172.32.0.1'],
    ['192.0.2.7', '192.0.2.8'],
    ['192.0.2.0/24', '192.0.3.0'],
    ['2001:db8::/32', '2001:db9::1'],
  ])('%s does not contain %s', (text, address) => {
    expect(contains([text], address)).toBe(false);
  });

  test('a list that is asked again gives the answer of a new list', () => {
    const texts = ['loopback', '192.0.2.0/24', '2001:db8::/32'];
    const proxies = parseTrustedProxies(texts);
    if (typeof proxies === 'string') throw new Error(`rejected ${proxies}`);
    const near = fc
      .nat(255)
      .map((last) => [`192.0.2.${last}`, `::ffff:127.0.0.${last}`, `2001:db8::${last}`]);
    fc.assert(
      fc.property(fc.oneof(near, fc.array(fc.oneof(fc.ipV4(), fc.ipV6()))), (addresses) => {
        for (const address of [...addresses, ...addresses, ...addresses])
          expect(proxies.contains(address)).toBe(contains(texts, address));
      }),
    );
  });

  test('an empty list trusts no address', () => {
    expect(contains([], '127.0.0.1')).toBe(false);
  });

  test.each([
    '',
    'constructor',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '::/129',
    '1.2.3',
    'fe80::1%eth0',
    '10.0.0.0/8/8',
  ])('returns %j as invalid', (text) => {
    expect(parseTrustedProxies(['loopback', text])).toBe(text);
  });

  test('plainAddress removes the IPv6 prefix of an IPv4 peer of a dual-stack socket', () => {
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(plainAddress('2001:db8::1')).toBe('2001:db8::1');
  });
});
