import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';

test('a secret is masked by every conversion to text', () => {
  const secret = new Secret('canary');
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    format('%s %o %j', secret, secret, secret),
  ];
  for (const text of printed) {
    expect(text).toContain('[secret]');
    expect(text).not.toContain('canary');
  }
  expect(JSON.stringify(Object.entries(secret))).not.toContain('canary');
  expect(JSON.stringify(structuredClone(secret))).not.toContain('canary');
  expect(secret.reveal()).toBe('canary');
});
