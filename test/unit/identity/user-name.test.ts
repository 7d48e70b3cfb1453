import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  toCanonicalName,
  parseNewRobotName,
  parseNewTokenName,
  parseNewUserName,
} from '../../../src/identity/user-name.ts';

describe('names for users', () => {
  test.each(['alice', 'a', '0', 'a.b_c-d@example.com', 'a'.repeat(64)])('%s', (name) => {
    expect(parseNewUserName(name)).toBe(name);
  });

  test('Admin and admin are one', () => {
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
  ])('45: %j is refused, with the reason', (name, reason) => {
    expect(() => parseNewUserName(name)).toThrow(reason);
  });

  test('only ASCII is lowered: no other letter becomes one that is there', () => {
    // The Kelvin sign and the dotless i become k and i in other hands.
    expect(toCanonicalName('\u212aevin')).not.toBe('kevin');
    expect(toCanonicalName('\u0130')).toBe('\u0130');
  });
});

describe('what a person cannot see in a name is told', () => {
  test.each([
    ['al\u0000ice', 'a control character'],
    ['al\u0085ice', 'a control character'],
    ['al\u200bice', 'an invisible character'],
    ['\u202eecila', 'an invisible character'],
    ['\uff41lice', 'a letter other than a-z'],
    ['e\u0301ve', 'a letter other than a-z'],
    ['\u0430lice', 'a letter other than a-z'],
    ['../alice', 'a slash'],
    ['a\\b', 'a slash'],
    ['al ice', 'a space'],
    ['null', 'reserved'],
    ['y', 'reserved'],
    ['Yes', 'reserved'],
  ])('%j: %s', (name, reason) => {
    expect(() => parseNewUserName(name)).toThrow(reason);
    expect(() => parseNewRobotName(name)).toThrow(reason);
  });

  test('45: whatever is a name has no other way to be written', () => {
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
  test.each(['builder', 'ci-1', 'team.a_b'])('%s', (name) => {
    expect([parseNewRobotName(name), parseNewTokenName(name)]).toEqual([name, name]);
  });

  test.each([
    ['1e3', 'must start with a letter'],
    ['2026-01-01', 'must start with a letter'],
    ['a@b', 'must not contain @'],
    ['robot$ci', 'letters a-z'],
    ['a+b', 'letters a-z'],
  ])('%j is no robot', (name, reason) => {
    expect(() => parseNewRobotName(name)).toThrow(reason);
  });
});
