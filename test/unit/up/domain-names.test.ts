import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import { schema } from '../../../src/config/schema.ts';
import { acmeNames, certificateNames } from '../../../src/up/domain-names.ts';

function config(publicDomains: readonly string[], privateDomains: readonly string[] = []): Config {
  return {
    ...schema.parse({ publicDomains, up: { privateDomains } }),
    file: undefined,
    origins: new Map(),
    given: '',
  };
}

test('lists every name of this machine for a self-signed certificate', () => {
  const names = certificateNames(config(['pub.example.com:8443', '*.p.example.com'], ['reg.example.com']));
  for (const name of [
    'localhost',
    '*.localhost',
    '127.0.0.1',
    '::1',
    'pub.example.com',
    '*.p.example.com',
    'reg.example.com',
  ]) {
    expect(names).toContain(name);
  }
});

test('asks ACME for every configured name', () => {
  expect(acmeNames(config(['pub.example.com:8443'], ['reg.example.com']))).toEqual([
    'pub.example.com',
    'reg.example.com',
  ]);
});

test('accepts internal names for an internal ACME server', () => {
  const up = {
    privateDomains: ['reg.internal', 'registry'],
    acmeServer: 'https://ca.internal/acme/directory',
  };
  expect(acmeNames({ ...schema.parse({ up }), file: undefined, origins: new Map(), given: '' })).toEqual([
    'reg.internal',
    'registry',
  ]);
});

test.each([
  [[]],
  [['*.example.com']],
  [['localhost']],
  [['a.localhost']],
  [['192.0.2.1']],
  [['reg.internal']],
])('does not ask ACME for %j', (names) => {
  expect(() => acmeNames(config(names))).toThrow(/^up\.tls: acme: /);
});
