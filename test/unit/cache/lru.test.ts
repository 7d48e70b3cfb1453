import fc from 'fast-check';
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

test('never returns another value than a plain map, and loses only what was not used recently', () => {
  const key = fc.constantFrom(...'abcdefghijkl');
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('get' as const), key }),
    fc.record({ kind: fc.constant('set' as const), key, value: fc.nat() }),
    fc.record({ kind: fc.constant('delete' as const), key }),
  );
  fc.assert(
    fc.property(fc.constantFrom(2, 4, 6, 10), fc.array(operation, { maxLength: 200 }), (capacity, all) => {
      const lru = createLru<number>(capacity);
      const plain = new Map<string, number>();
      /** The keys from the least to the most recently used one. */
      let used: string[] = [];
      for (const each of all) {
        const isRecent = used.slice(-capacity / 2).includes(each.key);
        if (each.kind === 'get') {
          const value = lru.get(each.key);
          if (value !== undefined || isRecent) expect(value).toBe(plain.get(each.key));
          if (value === undefined) continue;
        }
        used = used.filter((other) => other !== each.key);
        if (each.kind === 'delete') {
          lru.delete(each.key);
          plain.delete(each.key);
          continue;
        }
        used.push(each.key);
        if (each.kind !== 'set') continue;
        lru.set(each.key, each.value);
        plain.set(each.key, each.value);
        expect(lru.size).toBeLessThanOrEqual(capacity);
      }
    }),
    { numRuns: 500 },
  );
});
