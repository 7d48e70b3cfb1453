import { describe, expect, test } from 'vitest';
import type { IssuerKeySet, Store } from '../../../src/store/store.ts';

function keySet(source: string, readAt: number, keys = '{"keys":[]}'): IssuerKeySet {
  return { source, keySet: keys, readAt };
}

/** Tests the key sets of issuers, which must behave the same in every backend. */
export function issuerKeysBehaviour(backend: string, newStore: () => Promise<Store>): void {
  describe(`${backend}: key sets of issuers`, () => {
    test('a key set is found by its source, and a later one replaces it', async () => {
      const { issuerKeys } = await newStore();
      await issuerKeys.save(keySet('one', 1_900_000_000));
      await issuerKeys.save(keySet('two', 1_900_000_000));
      await issuerKeys.save(keySet('one', 1_900_000_001, '{"keys":[1]}'));
      expect(await issuerKeys.find('one')).toEqual(keySet('one', 1_900_000_001, '{"keys":[1]}'));
      expect(await issuerKeys.find('two')).toEqual(keySet('two', 1_900_000_000));
      expect(await issuerKeys.find('three')).toBeUndefined();
    });

    test('old key sets are removed', async () => {
      const { issuerKeys } = await newStore();
      await issuerKeys.save(keySet('old', 19));
      await issuerKeys.save(keySet('new', 20));
      await issuerKeys.removeBefore(20);
      expect(await issuerKeys.find('old')).toBeUndefined();
      expect(await issuerKeys.find('new')).toEqual(keySet('new', 20));
    });

    test('a key set changes no access decision, so the change counter stays the same', async () => {
      const store = await newStore();
      const before = store.changes();
      await store.issuerKeys.save(keySet('one', 20));
      expect(store.changes()).toBe(before);
    });
  });
}
