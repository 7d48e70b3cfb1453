import { describe, expect, test } from 'vitest';
import { domainHolds, parseDomain } from '../../../src/realm/domain.ts';
import { parseHost } from '../../../src/realm/host.ts';

const holds = (domain: string, host: string): boolean => domainHolds(parseDomain(domain), parseHost(host));

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
  ])('%s holds %s', (domain, host) => {
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
  ])('%s does not hold %s', (domain, host) => {
    expect(holds(domain, host)).toBe(false);
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
  ])('%j is none', (text) => {
    expect(() => parseDomain(text)).toThrow();
  });
});
