import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  toCanonicalName,
  parseNewRobotName,
  parseNewTokenName,
  parseNewUserName,
} from '../../../src/identity/user-name.ts';

describe('names for users', () => {
  test.each(['alice', 'a', '0', 'a.b_c-d@example.com', 'a'.repeat(64)])('accepts %s', (name) => {
    expect(parseNewUserName(name)).toBe(name);
  });

  test('Admin and admin are the same user name', () => {
    expect(parseNewUserName('Admin')).toBe('admin');
    expect(toCanonicalName('ALICE')).toBe('alice');
  });

  test.each([
    ['', 'must start and end with'],
    ['.alice', 'must start and end with'],
    ['alice-', 'must start and end with'],
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
  ])('45: rejects %j with the reason', (name, reason) => {
    expect(() => parseNewUserName(name)).toThrow(reason);
  });

  test('lower-cases only ASCII letters, so that no other letter becomes an ASCII letter', () => {
    // String.toLowerCase maps the Kelvin sign (U+212A) to k, and İ (U+0130) to i with a combining dot.
    expect(toCanonicalName('\u212aevin')).not.toBe('kevin');
    expect(toCanonicalName('\u0130')).toBe('\u0130');
  });
});

describe('a name with invisible or confusable characters is rejected with the reason', () => {
  test.each([
    ['al\u0000ice', 'a control character'],
    ['al\u0085ice', 'a control character'],
    ['al\u200bice', 'an invisible character'],
    ['\u202eecila', 'an invisible character'],
    ['\uff41lice', 'a letter other than a-z'],
    ['e\u0301ve', 'a letter other than a-z'],
    ['\u0430lice', 'a letter other than a-z'],
    ['../alice', 'a slash'],
    ['a\\b', 'a backslash'],
    ['al ice', 'a space'],
    ['null', 'reserved'],
    ['y', 'reserved'],
    ['Yes', 'reserved'],
  ])('%j: %s', (name, reason) => {
    expect(() => parseNewUserName(name)).toThrow(reason);
    expect(() => parseNewRobotName(name)).toThrow(reason);
  });

  test('45: Unicode normalization and lower-casing do not change a valid name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        let name: string;
        try {
          name = parseNewUserName(text);
        } catch {
          return;
        }
        expect([name.normalize('NFC'), name.normalize('NFKC'), name.toLowerCase()]).toEqual([
          name,
          name,
          name,
        ]);
        expect(name).toMatch(/^[\w.@-]+$/);
      }),
    );
  });
});

describe('names for robots and tokens', () => {
  test.each(['builder', 'ci-1', 'team.a_b'])('accepts %s', (name) => {
    expect([parseNewRobotName(name), parseNewTokenName(name)]).toEqual([name, name]);
  });

  test.each([
    ['1e3', 'must start with a letter'],
    ['2026-01-01', 'must start with a letter'],
    ['a@b', 'must not contain @'],
    ['robot$ci', 'letters a-z'],
    ['a+b', 'letters a-z'],
  ])('rejects the robot name %j with the reason', (name, reason) => {
    expect(() => parseNewRobotName(name)).toThrow(reason);
  });
});
