import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';

/** What every backend does alike with rows that it cannot read. */
export function sealedKeysBehaviour(backend: string, connect: () => Promise<readonly [Store, Store]>): void {
  describe(`${backend}: sealed keys`, () => {
    test('what one writes the other reads; what is left out is gone; undefined writes nothing', async () => {
      const [one, other] = await connect();
      expect(
        await one.sealedKeys.update(
          () =>
            new Map([
              ['b', '2'],
              ['a', '1'],
            ]),
        ),
      ).toBe(true);
      expect(await other.sealedKeys.names()).toEqual(['a', 'b']);
      const withoutB = (rows: ReadonlyMap<string, string>): Map<string, string> =>
        new Map([...rows, ['c', '4'] as const].filter(([name]) => name !== 'b'));
      expect(await other.sealedKeys.update(withoutB)).toBe(true);
      expect(await one.sealedKeys.update(() => undefined)).toBe(false);
      expect(await one.sealedKeys.read()).toEqual(
        new Map([
          ['a', '1'],
          ['c', '4'],
        ]),
      );
    });

    test('of many who add at once each sees what came before', async () => {
      const stores = await connect();
      const add = (store: Store): Promise<boolean> =>
        store.sealedKeys.update((rows) => new Map([...rows, [`row-${rows.size + 1}`, 'x']]));
      await Promise.all(Array.from({ length: 12 }, (_, at) => add(stores[at % 2] as Store)));
      expect(await stores[0].sealedKeys.names()).toHaveLength(12);
    });
  });
}
