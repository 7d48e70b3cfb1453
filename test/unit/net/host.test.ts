import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DockpassError } from '../../../src/errors.ts';
import { formatHost, parseHost } from '../../../src/net/host.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const address6 = fc.ipV6().map((address) => `[${address}]`);
const port = fc.integer({ min: 1, max: 65_535 });

describe('parseHost', () => {
  test('ignores case, a trailing dot and a default port', () => {
    fc.assert(
      fc.property(name, fc.constantFrom('', '.'), fc.constantFrom('', ':80', ':443'), (host, dot, end) => {
        expect(parseHost(host.toUpperCase() + dot + end)).toEqual({ name: host, port: undefined });
      }),
      { numRuns: 5000 },
    );
  });

  test('returns any other port', () => {
    fc.assert(
      fc.property(
        fc.oneof(name, address6),
        port.filter((number) => number !== 80 && number !== 443),
        (host, number) => {
          expect(parseHost(`${host}:${number}`).port).toBe(number);
        },
      ),
    );
  });

  test('parses what formatHost returns to the same host', () => {
    fc.assert(
      fc.property(fc.oneof(name, address6), fc.option(port), (host, number) => {
        const once = parseHost(number === null ? host : `${host}:${number}`);
        expect(parseHost(formatHost(once))).toEqual(once);
        expect(formatHost(parseHost(formatHost(once)))).toBe(formatHost(once));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    '[2001:db8::1]',
    '[2001:DB8:0::1]',
    '[2001:0db8:0000:0000:0000:0000:0000:0001]',
    '[2001:db8:0:0:0:0:0.0.0.1]',
  ])('parses %s to the same address as its other spellings', (text) => {
    expect(parseHost(text)).toEqual({ name: '2001:db8::1', port: undefined });
  });

  test.each([
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a b',
    'a,b',
    'ａ.com',
    `${'a'.repeat(64)}.com`,
    'a:',
    'a:0',
    'a:99999',
    '::1',
    '[::1',
    '[1.2.3.4]',
  ])('rejects %j', (text) => {
    expect(() => parseHost(text)).toThrow(DockpassError);
  });
});
