import { describe, expect, test } from 'vitest';
import { parseTrustedProxies, plainAddress } from '../../../src/net/trusted-proxies.ts';

function holds(texts: readonly string[], address: string): boolean {
  const peers = parseTrustedProxies(texts);
  if (typeof peers === 'string') throw new Error(`refused ${peers}`);
  return peers.contains(address);
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
  ])('%s holds %s', (text, address) => {
    expect(holds([text], address)).toBe(true);
  });

  test.each([
    ['loopback', '10.0.0.1'],
    ['private', '172.32.0.1'],
    ['192.0.2.7', '192.0.2.8'],
    ['192.0.2.0/24', '192.0.3.0'],
    ['2001:db8::/32', '2001:db9::1'],
  ])('%s does not hold %s', (text, address) => {
    expect(holds([text], address)).toBe(false);
  });

  test('nobody is trusted by an empty list', () => {
    expect(holds([], '127.0.0.1')).toBe(false);
  });

  test.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '::/129',
    '1.2.3',
    'fe80::1%eth0',
    '10.0.0.0/8/8',
  ])('%j is refused by name', (text) => {
    expect(parseTrustedProxies(['loopback', text])).toBe(text);
  });

  test('an IPv4 peer of a dual-stack socket is the same peer', () => {
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(plainAddress('2001:db8::1')).toBe('2001:db8::1');
  });
});
