import { expect, test } from 'vitest';
import { canSignIn } from '../../../src/realm/cookie-host.ts';

test.each([
  ['https', 'registry.example.com', true],
  ['http', 'registry.example.com', false],
  ['http', '192.168.1.5', false],
  ['http', 'localhost', true],
  ['http', 'app.localhost', true],
  ['http', '127.0.0.1', true],
  ['http', '::1', true],
  ['http', 'localhost.example.com', false],
] as const)('browsers keep the cookie at %s://%s: %s', (scheme, name, isKept) => {
  expect(canSignIn(scheme, name)).toBe(isKept);
});
