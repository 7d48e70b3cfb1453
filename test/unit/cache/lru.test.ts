import { expect, test } from 'vitest';
import { createLru } from '../../../src/cache/lru.ts';

test('keeps the most recently used half and never exceeds the capacity', () => {
  const lru = createLru<number>(10);
  for (let key = 0; key < 1000; key++) {
    lru.set(String(key), key);
    expect(lru.size).toBeLessThanOrEqual(10);
    for (let recent = Math.max(0, key - 4); recent <= key; recent++)
      expect(lru.get(String(recent))).toBe(recent);
  }
  expect(lru.get('0')).toBeUndefined();
});

test('keeps an entry that is read again and again', () => {
  const lru = createLru<string>(10);
  lru.set('popular', 'value');
  for (let key = 0; key < 1000; key++) {
    lru.set(String(key), 'other');
    expect(lru.get('popular')).toBe('value');
  }
});

test('returns the last value that was set, and none after delete', () => {
  const lru = createLru<number>(4);
  lru.set('a', 1);
  for (const key of ['b', 'c']) lru.set(key, 0);
  lru.set('a', 2);
  expect(lru.get('a')).toBe(2);
  lru.delete('a');
  expect(lru.get('a')).toBeUndefined();
});
