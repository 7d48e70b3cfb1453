import { expect, test } from 'vitest';
import { createDoorkeeper } from '../../../src/cache/doorkeeper.ts';

/** Returns a query as docker and containerd send it. Two of these queries differ only in the middle. */
const query = (at: number): string =>
  `account=alice&client_id=docker&scope=repository:library/app-${at}:pull&service=registry.example.com`;
const user = (at: number): string => `user user-${at} repository:team/of-everybody/one-image:pull`;

test.each([query, user])(
  'recognizes a text when it is seen again, even if all texts are similar',
  (textOf) => {
    const wasSeen = createDoorkeeper();
    const texts = Array.from({ length: 1000 }, (_, at) => textOf(at));
    expect(texts.filter(wasSeen)).toEqual([]);
    // Newer texts have replaced a few older texts in the table.
    expect(texts.filter(wasSeen).length).toBeGreaterThan(980);
  },
);

test('recognizes two texts that share a set, also when they alternate', () => {
  const [one = '', other = ''] = twoTextsOfOneSet();
  const wasSeen = createDoorkeeper();
  expect([one, other, one, other, other, one].map(wasSeen)).toEqual([false, false, true, true, true, true]);
});

/**
 * Returns two texts that belong to the same set of the table. A bisection finds the shortest list of texts that
 * replaces the first text in the table. The last text of this list belongs to the same set as the first text.
 */
function twoTextsOfOneSet(): string[] {
  const first = 'repository:a:pull';
  const others = Array.from({ length: 100_000 }, (_, at) => `repository:${at}:pull`);
  const pushesOut = (some: readonly string[]): boolean => {
    const wasSeen = createDoorkeeper();
    [first, ...some].forEach(wasSeen);
    return !wasSeen(first);
  };
  let [from, to] = [0, others.length];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (pushesOut(others.slice(0, middle))) to = middle;
    else from = middle;
  }
  return [first, others[to - 1] ?? ''];
}

test('forgets a text after many others', () => {
  const wasSeen = createDoorkeeper();
  wasSeen('one');
  for (let at = 0; at < 1_000_000; at++) wasSeen(`other ${at}`);
  expect(wasSeen('one')).toBe(false);
});
