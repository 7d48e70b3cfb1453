import fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { clientAddressOf, readNode } from '../../../src/net/forwarded-address.ts';
import { parseTrustedProxies, type TrustedProxies } from '../../../src/net/trusted-proxies.ts';

function trusting(...texts: string[]): TrustedProxies {
  const proxies = parseTrustedProxies(texts);
  if (typeof proxies === 'string') throw new Error(`rejected ${proxies}`);
  return proxies;
}

const obfuscated = fc.stringMatching(/^_[A-Za-z0-9._-]{1,20}$/);
const port = fc.oneof(fc.stringMatching(/^\d{1,5}$/), obfuscated);
const optionalPort = fc.option(
  port.map((text) => `:${text}`),
  { nil: '' },
);

describe('a node of RFC 7239 section 6', () => {
  test.each([
    ['203.0.113.10', '203.0.113.10'],
    ['203.0.113.10:4711', '203.0.113.10'],
    ['203.0.113.10:_http', '203.0.113.10'],
    ['[2001:db8:cafe::17]', '2001:db8:cafe::17'],
    ['[2001:db8:cafe::17]:47011', '2001:db8:cafe::17'],
    ['"[2001:db8:cafe::17]:47011"', '2001:db8:cafe::17'],
    ['"203.0.113.10:80"', '203.0.113.10'],
    ['2001:DB8:0:0:0::17', '2001:db8::17'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:4711', 'fe80::1'],
    ['::ffff:203.0.113.10', '203.0.113.10'],
    ['[::FFFF:cb00:710a]:80', '203.0.113.10'],
  ])('%s is the address %s', (text, address) => {
    expect(readNode(text)).toBe(address);
  });

  test.each([
    '',
    'unknown',
    'Unknown',
    'unknown:4711',
    '_hidden',
    '_SEVKISEK:4711',
    'localhost',
    '203.0.113.300',
    '203.0.113',
    '203.0.113.10:',
    '203.0.113.10:123456',
    '203.0.113.10:http',
    '203.0.113.10:_',
    '203.0.113.10 203.0.113.11',
    '[203.0.113.10]',
    '[203.0.113.10]:80',
    '[2001:db8::17',
    '2001:db8::17]:80',
    '[2001:db8::17]80',
    '[2001:db8::17]:',
    '[unknown]',
    '"203.0.113.10',
    '""',
    '010.0.0.1',
    '0x7f.1',
    '2130706433',
    '1:2:3:4:5:6:7:8:4711',
    'for=203.0.113.10',
  ])('%j is not an address', (text) => {
    expect(readNode(text)).toBeUndefined();
  });

  test('the address does not depend on the port, the quotes and the spelling', () => {
    const quoted = (text: string, quotes: boolean): string => (quotes ? `"${text}"` : text);
    fc.assert(
      fc.property(fc.ipV4(), optionalPort, fc.boolean(), (address, suffix, quotes) => {
        expect(readNode(quoted(address + suffix, quotes))).toBe(address);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), optionalPort, fc.boolean(), (address, suffix, quotes) => {
        const read = readNode(address);
        expect(isIP(read ?? '')).toBeGreaterThan(0);
        expect(readNode(quoted(`[${address.toUpperCase()}]${suffix}`, quotes))).toBe(read);
        expect(readNode(read ?? '')).toBe(read);
      }),
    );
  });

  test('`unknown` and obfuscated identifiers are never an address, with or without a port', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant('unknown'), obfuscated), optionalPort, (name, suffix) => {
        expect(readNode(name + suffix)).toBeUndefined();
      }),
    );
  });

  test('any other text is a canonical address or none', () => {
    const characters = fc.constantFrom(...'0123456789abcdefF:.[]"%_ ');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: characters, maxLength: 50 })), (text) => {
        const address = readNode(text);
        if (address !== undefined) expect([isIP(address) > 0, readNode(address)]).toEqual([true, address]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the client in X-Forwarded-For', () => {
  const loopback = trusting('loopback');

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 127.0.0.1', '203.0.113.9'],
    ['203.0.113.10:4711, [::1]:80', '203.0.113.10'],
    // Only the last address that is not a trusted proxy counts, because a client can write the addresses before it.
    ['198.51.100.1,203.0.113.9,127.0.0.1', '203.0.113.9'],
    ['unknown, 203.0.113.9', '203.0.113.9'],
    [', 203.0.113.9', '203.0.113.9'],
    // If all addresses are trusted, the first one is the client's.
    ['127.0.0.2, 127.0.0.1', '127.0.0.2'],
    ['127.0.0.1', '127.0.0.1'],
  ])('%s: %s', (header, address) => {
    expect(clientAddressOf(header, loopback)).toBe(address);
  });

  test.each([
    '',
    ' ',
    ',',
    'unknown',
    '_hidden',
    '203.0.113.9, unknown',
    'garbage, 127.0.0.1',
    '203.0.113.9,',
  ])('an entry that cannot be read makes the client unknown: %j', (header) => {
    expect(clientAddressOf(header, loopback)).toBe('unknown');
  });

  test('is never the address of a trusted proxy, unless the header names only trusted proxies', () => {
    const proxies = trusting('loopback', '10.0.0.0/8');
    const proxy = fc.constantFrom('127.0.0.1', '::1', '10.1.2.3', '[::1]:80', '10.1.2.3:4711');
    const other = fc.oneof(fc.constant('unknown'), obfuscated, fc.constant(''), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(other), fc.array(proxy), (before, after) => {
        const header = [...before, 'garbage', ...after].join(', ');
        expect(clientAddressOf(header, proxies)).toBe('unknown');
      }),
    );
  });
});
