import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatSecretToken,
  createSecretToken,
  parseSecretToken,
  tokenPrefixes,
} from '../../../../src/identity/token/secret-token.ts';

const prefix = fc.constantFrom(...tokenPrefixes);

describe('secret tokens', () => {
  test('are parsed with their prefix, whatever bytes they have', () => {
    fc.assert(
      fc.property(prefix, fc.uint8Array({ minLength: 20, maxLength: 32 }), (prefix, bytes) => {
        expect(parseSecretToken(formatSecretToken(prefix, bytes))?.prefix).toBe(prefix);
      }),
    );
  });

  test('have a length that depends only on the number of bytes, not on their values', () => {
    expect(formatSecretToken('dpp_', new Uint8Array(20))).toHaveLength(4 + 27 + 6);
    expect(formatSecretToken('dpi_', new Uint8Array(32).fill(255))).toHaveLength(4 + 43 + 6);
  });

  test('are rejected if one character is wrong, missing or added', () => {
    fc.assert(
      fc.property(prefix, fc.nat(), fc.stringMatching(/^[0-9A-Za-z_]$/), (prefix, place, other) => {
        const text = createSecretToken(prefix, 20).text.reveal();
        const at = place % text.length;
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        if (changed !== text) expect(parseSecretToken(changed)).toBeUndefined();
        expect(parseSecretToken(text.slice(0, at) + text.slice(at + 1))).toBeUndefined();
        expect(parseSecretToken(text.slice(0, at) + other + text.slice(at))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  test('are all different, and are masked when printed', () => {
    const made = Array.from({ length: 1000 }, () => createSecretToken('dpi_', 32));
    expect(new Set(made.map(({ text }) => text.reveal())).size).toBe(1000);
    expect(new Set(made.map(({ token }) => token.hash)).size).toBe(1000);
    for (const entry of made)
      expect(`${entry.text} ${JSON.stringify(entry)}`).not.toContain(entry.text.reveal());
  });

  test.each(['', 'dpi_', 'dpx_aaaa', 'password', 'dpi_' + 'a'.repeat(200), 'eyJhbGciOiJFUzI1NiJ9.e30.x'])(
    '%j is not a secret token',
    (text) => expect(parseSecretToken(text)).toBeUndefined(),
  );
});
