import { expect, it } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import { schema } from '../../../src/config/schema.ts';
import { acmeNames, certificateNames } from '../../../src/up/domain-names.ts';

function config(publicDomains: readonly string[], privateDomains: readonly string[] = []): Config {
  return { ...schema.parse({ publicDomains, up: { privateDomains } }), file: undefined, origins: new Map() };
}

it('puts every name of this machine into a certificate of its own', () => {
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

it('asks ACME for every configured name', () => {
  expect(acmeNames(config(['pub.example.com:8443'], ['reg.example.com']))).toEqual([
    'pub.example.com',
    'reg.example.com',
  ]);
});

it('asks an authority of one’s own for names of one’s own', () => {
  const up = {
    privateDomains: ['reg.internal', 'registry'],
    acmeServer: 'https://ca.internal/acme/directory',
  };
  expect(acmeNames({ ...schema.parse({ up }), file: undefined, origins: new Map() })).toEqual([
    'reg.internal',
    'registry',
  ]);
});

it.each([[[]], [['*.example.com']], [['localhost']], [['a.localhost']], [['192.0.2.1']], [['reg.internal']]])(
  'does not ask ACME for %j',
  (names) => {
    expect(() => acmeNames(config(names))).toThrow(/^up\.tls: acme: /);
  },
);
