import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { domainMatches, domainPattern, formatDomain, parseDomain } from '../../../src/realm/domain.ts';
import { parseHost } from '../../../src/net/host.ts';

const holds = (domain: string, host: string): boolean => domainMatches(parseDomain(domain), parseHost(host));

describe('a public domain', () => {
  test.each([
    ['pub.example.com', 'pub.example.com'],
    ['PUB.example.com.', 'pub.example.com'],
    ['pub.example.com', 'pub.example.com:8443'],
    ['pub.example.com:8443', 'pub.example.com:8443'],
    ['pub.example.com:443', 'pub.example.com'],
    ['*.example.com', 'pub.example.com'],
    ['*.example.com', 'pub.example.com:5001'],
    ['*.example.com:5001', 'pub.example.com:5001'],
    ['[::1]', '[::1]:5001'],
    ['[::1]:5001', '[0:0:0:0:0:0:0:1]:5001'],
    ['192.0.2.1', '192.0.2.1:5001'],
  ])('%s matches %s', (domain, host) => {
    expect(holds(domain, host)).toBe(true);
  });

  test.each([
    ['pub.example.com', 'example.com'],
    ['pub.example.com', 'a.pub.example.com'],
    ['pub.example.com:8443', 'pub.example.com'],
    ['pub.example.com:443', 'pub.example.com:8443'],
    ['*.example.com', 'example.com'],
    ['*.example.com', 'a.b.example.com'],
    ['*.example.com', 'pubexample.com'],
    ['*.example.com:5001', 'pub.example.com'],
    ['[::1]:5001', '[::1]:5002'],
  ])('%s does not match %s', (domain, host) => {
    expect(holds(domain, host)).toBe(false);
  });

  test.each([
    'pub.example.com',
    '*.example.com',
    'pub.example.com:8443',
    'pub.example.com:443',
    '[::1]:5001',
    '[::1]',
  ])('%s does not change when it is parsed and formatted', (domain) => {
    expect(formatDomain(parseDomain(domain))).toBe(domain);
  });

  test.each([
    '',
    '*',
    '*.',
    '**.example.com',
    'a.*.com',
    'http://pub.example.com',
    'pub.example.com/',
    '*.192.0.2.1',
    'a b',
  ])('rejects %j', (text) => {
    expect(() => parseDomain(text)).toThrow();
  });
});

describe('the pattern of a domain', () => {
  const name = fc.constantFrom('pub.example.com', 'example.com', 'a-b.test', '192.0.2.1', '[2001:db8::1]');
  const port = fc.constantFrom('', ':80', ':443', ':8443', ':08443', ':18443');
  const domain = fc
    .tuple(fc.constantFrom('', '*.'), name, port)
    .map((parts) => parts.join(''))
    .filter((text) => !/^\*\.[[1]|:084/.test(text));
  const host = fc
    .tuple(
      fc.constantFrom('', '', 'x.', 'A_b-1.', 'x.y.', 'x', '.'),
      fc.oneof(
        name,
        name.map((text) => text.toUpperCase()),
        name.map((text) => text.replace('.', 'x')),
      ),
      fc.constantFrom('', '', '.', '..'),
      port,
      fc.constantFrom('', '', '', ' ', '/', '.evil.org', ':1'),
    )
    .map((parts) => parts.join(''));

  test('matches the same hosts as the domain, in every spelling, and no invalid host', () => {
    fc.assert(
      fc.property(domain, host, (domain, host) => {
        const isHeld = (): boolean => {
          try {
            return holds(domain, host);
          } catch {
            return false;
          }
        };
        expect(new RegExp(domainPattern(parseDomain(domain)), 'i').test(host)).toBe(isHeld());
      }),
      { numRuns: 20_000 },
    );
  });
});
