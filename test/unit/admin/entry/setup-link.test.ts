import { expect, test } from 'vitest';
import { formatSetupLink } from '../../../../src/admin/entry/setup-link.ts';
import { parseDomain } from '../../../../src/realm/domain.ts';
import { Secret } from '../../../../src/secret.ts';

const tls = { port: 5001, isPlain: false };
const plain = { port: 5001, isPlain: true };

test.each([
  // [private domains, the edge of `up` or undefined under `serve`, the link without the code]
  [[], tls, 'https://localhost:5001/auth/setup'],
  [[], plain, 'http://localhost:5001/auth/setup'],
  [[], undefined, 'https://YOUR-PRIVATE-DOMAIN/auth/setup'],
  [['localhost'], tls, 'https://localhost:5001/auth/setup'],
  [['reg.example.com', 'b.example.com'], tls, 'https://reg.example.com:5001/auth/setup'],
  [['reg.example.com'], { port: 443, isPlain: false }, 'https://reg.example.com/auth/setup'],
  [['reg.example.com'], plain, 'https://reg.example.com/auth/setup'],
  [['reg.example.com'], undefined, 'https://reg.example.com/auth/setup'],
  [['reg.example.com:8443'], undefined, 'https://reg.example.com:8443/auth/setup'],
  [['*.example.com', 'reg.example.org'], undefined, 'https://reg.example.org/auth/setup'],
] as const)('private domains %j with the edge %j: %s', (domains, edge, link) => {
  expect(formatSetupLink(new Secret('the-code'), domains.map(parseDomain), edge)).toBe(`${link}#the-code`);
});
