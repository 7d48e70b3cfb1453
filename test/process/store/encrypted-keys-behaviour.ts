import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';

/** Tests rows of encrypted keys, which must behave the same in every backend. The backend cannot decrypt these rows. */
export function encryptedKeysBehaviour(
  backend: string,
  connect: () => Promise<readonly [Store, Store]>,
): void {
  describe(`${backend}: encrypted keys`, () => {
    test('another process reads what one wrote; a row that is left out is removed; undefined writes nothing', async () => {
      const [one, other] = await connect();
      expect(
        await one.encryptedKeys.update(
          () =>
            new Map([
              ['b', '2'],
              ['a', '1'],
            ]),
        ),
      ).toBe(true);
      expect(await other.encryptedKeys.names()).toEqual(['a', 'b']);
      const withoutB = (rows: ReadonlyMap<string, string>): Map<string, string> =>
        new Map([...rows, ['c', '4'] as const].filter(([name]) => name !== 'b'));
      expect(await other.encryptedKeys.update(withoutB)).toBe(true);
      expect(await one.encryptedKeys.update(() => undefined)).toBe(false);
      expect(await one.encryptedKeys.read()).toEqual(
        new Map([
          ['a', '1'],
          ['c', '4'],
        ]),
      );
    });

    test('if many processes add a row at once, each sees the rows that came before', async () => {
      const stores = await connect();
      const add = (store: Store): Promise<boolean> =>
        store.encryptedKeys.update((rows) => new Map([...rows, [`row-${rows.size + 1}`, 'x']]));
      await Promise.all(Array.from({ length: 12 }, (_, at) => add(stores[at % 2] as Store)));
      expect(await stores[0].encryptedKeys.names()).toHaveLength(12);
    });
  });
}
