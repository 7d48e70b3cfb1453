import { expect, test } from 'vitest';
import { memoize } from '../../src/cache/memoize.ts';
import { createDoorkeeper } from '../../src/cache/doorkeeper.ts';

/** As docker and containerd send them: what differs stands in the middle. */
const query = (at: number): string =>
  `account=alice&client_id=docker&scope=repository:library/app-${at}:pull&service=registry.example.com`;
const user = (at: number): string => `user user-${at} repository:team/of-everybody/one-image:pull`;

test.each([query, user])('a text is new once, however alike the others are', (textOf) => {
  const wasSeen = createDoorkeeper();
  const texts = Array.from({ length: 1000 }, (_, at) => textOf(at));
  expect(texts.filter(wasSeen)).toEqual([]);
  // A few have made room for others.
  expect(texts.filter(wasSeen).length).toBeGreaterThan(980);
});

test('two that share a place are both known, in turns too', () => {
  const [one = '', other = ''] = twoInOnePlace();
  const wasSeen = createDoorkeeper();
  expect([one, other, one, other, other, one].map(wasSeen)).toEqual([false, false, true, true, true, true]);
});

/** The shortest row of texts that pushes the first one out ends with one of its place; found by halving. */
function twoInOnePlace(): string[] {
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

test('is forgotten as others take its place', () => {
  const wasSeen = createDoorkeeper();
  wasSeen('one');
  for (let at = 0; at < 1_000_000; at++) wasSeen(`other ${at}`);
  expect(wasSeen('one')).toBe(false);
});

test('what comes again is worked out twice and never more; what throws is never remembered', () => {
  let asked = 0;
  const length = memoize(10, (text) => {
    asked++;
    if (text === 'bad') throw new Error('bad');
    return text.length;
  });
  expect(Array.from({ length: 10 }, () => length('four'))).toEqual(Array.from({ length: 10 }, () => 4));
  expect(asked).toBe(2);
  for (let at = 0; at < 3; at++) expect(() => length('bad')).toThrow('bad');
  expect(asked).toBe(5);
});
