import { describe, expect, test } from 'vitest';
import { canonicalName, newUserName } from '../../../src/identity/user-name.ts';

describe('names for users', () => {
  test.each(['alice', 'a', '0', 'a.b_c-d@example.com', 'a'.repeat(64)])('%s', (name) => {
    expect(newUserName(name)).toBe(name);
  });

  test('Admin and admin are one', () => {
    expect(newUserName('Admin')).toBe('admin');
    expect(canonicalName('ALICE')).toBe('alice');
  });

  test.each([
    ['', 'starts and ends with'],
    ['.alice', 'starts and ends with'],
    ['alice-', 'starts and ends with'],
    ['al ice', 'letters a-z'],
    ['al:ice', 'letters a-z'],
    ['a/b', 'letters a-z'],
    ['*', 'letters a-z'],
    ["' OR 1=1--", 'letters a-z'],
    ['a\nb', 'letters a-z'],
    ['a\0', 'letters a-z'],
    ['ａlice', 'letters a-z'],
    ['alıce', 'letters a-z'],
    ['e\u0301ve', 'letters a-z'],
    ['\u00e9ve', 'letters a-z'],
    ['a'.repeat(65), 'longer than 64'],
    ['anonymous', 'reserved'],
    ['Root', 'reserved'],
  ])('45: %j is refused, with the reason', (name, reason) => {
    expect(() => newUserName(name)).toThrow(reason);
  });

  test('only ASCII is lowered: no other letter becomes one that is there', () => {
    // The Kelvin sign and the dotless i become k and i in other hands.
    expect(canonicalName('\u212aevin')).not.toBe('kevin');
    expect(canonicalName('\u0130')).toBe('\u0130');
  });
});
