import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheUntilChanged } from '../../../src/cache/until-changed.ts';
import { outcomeOfAsync } from '../../support/fuzz/outcome.ts';

function countingSource() {
  const source = { version: 0, lookups: 0, fails: false };
  const find = cacheUntilChanged({ changes: () => source.version }, async (key) => {
    source.lookups++;
    if (source.fails) throw new Error('gone');
    return `${key} at ${source.version}`;
  });
  return { source, find };
}

test('looks a key up once until the source changes', async () => {
  const { source, find } = countingSource();
  expect(await Promise.all([find('alice'), find('alice')])).toEqual(['alice at 0', 'alice at 0']);
  expect(source.lookups).toBe(1);
  source.version++;
  expect(await find('alice')).toBe('alice at 1');
  expect(source.lookups).toBe(2);
});

test('looks a key up again after a lookup that failed', async () => {
  const { source, find } = countingSource();
  source.fails = true;
  await expect(find('alice')).rejects.toThrow('gone');
  source.fails = false;
  expect(await find('alice')).toBe('alice at 0');
});

test('keeps a popular key cached while a million other keys are looked up', async () => {
  const { source, find } = countingSource();
  await find('alice');
  for (let other = 0; other < 1_000_000; other++) {
    void find(`other-${other}`);
    if (other % 10_000 === 0) await find('alice');
  }
  expect(source.lookups).toBe(1_000_001);
});

test('does not cache keys that are longer than any stored name', async () => {
  const { source, find } = countingSource();
  const long = 'a'.repeat(129);
  await find(long);
  await find(long);
  expect(source.lookups).toBe(2);
});

test('returns what a lookup in the source returns, errors included, whatever changes in between', async () => {
  const key = fc.constantFrom('alice', 'bob', 'nobody', 'x'.repeat(129));
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('find' as const), key }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        key,
        value: fc.option(fc.oneof(fc.nat(), fc.constant('broken' as const)), { nil: undefined }),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const rows = new Map<string, number | 'broken' | undefined>();
      let version = 0;
      const find = async (key: string): Promise<number | undefined> => {
        const value = rows.get(key);
        if (value === 'broken') throw new Error(`cannot read ${key}`);
        return value;
      };
      const cached = cacheUntilChanged({ changes: () => version }, find);
      const outcomes: Promise<unknown>[] = [];
      for (const each of steps) {
        if (each.kind === 'find')
          outcomes.push(
            Promise.all([outcomeOfAsync(() => cached(each.key)), outcomeOfAsync(() => find(each.key))]).then(
              ([actual, expected]) => expect(actual).toStrictEqual(expected),
            ),
          );
        else {
          rows.set(each.key, each.value);
          version++;
        }
      }
      await Promise.all(outcomes);
    }),
  );
});
