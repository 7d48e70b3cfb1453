import { expect, test } from 'vitest';
import { lineOfRule, parseRules } from '../../../../src/console/model/rules/parse-rules.ts';

const rule = { deny: ['push'], to: ['everyone'], on: ['release/**'] };

test.each([
  ['a list in YAML', '- { deny: [push], to: [everyone], on: ["release/**"] }'],
  ['the section with its heading', 'policy:\n  - deny: [push]\n    to: [everyone]\n    on: [release/**]\n'],
  ['a whole file', 'service: registry\npolicy:\n- { deny: [push], to: [everyone], on: [release/**] }\n'],
  ['JSON', JSON.stringify([rule])],
  ['JSON with its heading', JSON.stringify({ policy: [rule] })],
])('reads %s', (_, text) => {
  expect(parseRules(text)).toEqual({ rules: [rule] });
});

test('reads an empty list, which removes all rules', () => {
  expect(parseRules('policy:')).toEqual({ rules: [] });
  expect(parseRules('[]')).toEqual({ rules: [] });
});

test('names the line of a mistake', () => {
  expect(parseRules('policy:\n  - deny: [push\n    to: x\n')).toMatchObject({
    line: expect.any(Number) as number,
  });
});

test.each(['', 'hello', 'a: 1', 'policy: x'])('says what to paste in place of %j', (text) => {
  expect(parseRules(text)).toMatchObject({
    error: expect.stringContaining('Paste the list of rules') as string,
  });
});

test('does not expand a text of a few lines to millions of entries', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((name, at) => {
      const before = 'abcdefg'[at] ?? '';
      return `${name}: &${name} [${Array<string>(9).fill(`*${before}`).join(',')}]`;
    }),
    'policy: *h',
  ].join('\n');
  expect(parseRules(bomb)).toHaveProperty('error');
});

test('finds the line of the rule that an error of the server names', () => {
  const text = '# rules\npolicy:\n  - { deny: [push], to: [x], on: [a] }\n  - allow: [pull]\n    to: [y]\n';
  expect(lineOfRule(text, '/policy/1/to/0')).toBe(4);
  expect(lineOfRule(text, '/other')).toBeUndefined();
  expect(lineOfRule('[]', '/policy/0')).toBeUndefined();
});
