import { describe, expect, test } from 'vitest';
import { formatOnly, readOnly } from '../../../src/cli/only-option.ts';

describe('--only PATTERN:ACTIONS', () => {
  test.each([
    ['team/**:pull', 'team/**', ['pull']],
    ['**:pull,push', '**', ['pull', 'push']],
    ['a:push,pull', 'a', ['pull', 'push']],
    ['mirror.example.com:5000/a/*:pull,delete', 'mirror.example.com:5000/a/*', ['pull', 'delete']],
    ['a:*', 'a', ['*']],
  ])('%s', (text, pattern, actions) => {
    expect(readOnly(text)).toEqual({ pattern, actions });
  });

  test.each([
    ['team/**', 'give a pattern, a colon and actions'],
    [':pull', 'give a pattern, a colon and actions'],
    ['a:', 'give a pattern, a colon and actions'],
    ['', 'give a pattern, a colon and actions'],
    ['host:5000/a', 'actions are missing at the end, as in "host:5000/a:pull"'],
    ['host:5000', 'actions are missing at the end'],
    ['a:fly', '"fly" is no action'],
    ['a:pull,,push', 'is no action'],
    ['A b:pull', 'no repository can have a name like "A b"'],
    ['/a:pull', 'no repository can have a name like'],
  ])('%j says what is wrong', (text, reason) => {
    expect(() => readOnly(text)).toThrow(reason);
  });

  test('is shown as it was given', () => {
    const texts = ['host:5000/a:pull', '**:pull,push'];
    expect(formatOnly(texts.map(readOnly))).toBe(texts.join(' '));
    expect(formatOnly(null)).toBe('all that the user holds');
  });
});
