import { describe, expect, test } from 'vitest';
import { formatPatternActions, parsePatternActions } from '../../../../src/admin/rights/right-text.ts';

describe('PATTERN:ACTIONS', () => {
  test.each([
    ['team/**:pull', 'team/**', ['pull']],
    ['**:pull,push', '**', ['pull', 'push']],
    ['a:push,pull', 'a', ['pull', 'push']],
    ['mirror.example.com:5000/a/*:pull,delete', 'mirror.example.com:5000/a/*', ['pull', 'delete']],
    ['a:*', 'a', ['*']],
  ])('parses %s', (text, pattern, actions) => {
    expect(parsePatternActions(text)).toEqual({ pattern, actions });
  });

  test.each([
    ['team/**', 'give a pattern, a colon and actions'],
    [':pull', 'give a pattern, a colon and actions'],
    ['a:', 'give a pattern, a colon and actions'],
    ['', 'give a pattern, a colon and actions'],
    ['host:5000/a', 'add a colon and actions at the end, as in "host:5000/a:pull"'],
    ['host:5000', 'add a colon and actions at the end'],
    ['a:fly', '"fly" is not an action'],
    ['a:pull,,push', 'is not an action'],
    ['A b:pull', 'no repository can have a name like "A b"'],
    ['/a:pull', 'no repository can have a name like'],
  ])('rejects %j with the reason', (text, reason) => {
    expect(() => parsePatternActions(text)).toThrow(reason);
  });

  test('is formatted as it was parsed', () => {
    const texts = ['host:5000/a:pull', '**:pull,push'];
    expect(formatPatternActions(texts.map(parsePatternActions))).toBe(texts.join(' '));
    expect(formatPatternActions(null)).toBe('all rights of the user');
  });
});
