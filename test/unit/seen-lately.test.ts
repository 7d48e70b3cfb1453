import { expect, test } from 'vitest';
import { recent } from '../../src/recent.ts';
import { seenLately } from '../../src/seen-lately.ts';

test('a text is new once, however alike the others are', () => {
  const wasSeen = seenLately(4096);
  const texts = Array.from({ length: 100 }, (_, at) => `scope=repository:library/app-${at}:pull`);
  expect(texts.filter(wasSeen)).toEqual([]);
  // One may have taken another's place.
  expect(texts.filter(wasSeen).length).toBeGreaterThan(90);
});

test('is forgotten as others take its place', () => {
  const wasSeen = seenLately(16);
  wasSeen('one');
  for (let at = 0; at < 1000; at++) wasSeen(`other ${at}`);
  expect(wasSeen('one')).toBe(false);
});

test('what comes again is worked out twice and never more; what throws is never remembered', () => {
  let asked = 0;
  const length = recent(10, (text) => {
    asked++;
    if (text === 'bad') throw new Error('bad');
    return text.length;
  });
  expect(Array.from({ length: 10 }, () => length('four'))).toEqual(Array.from({ length: 10 }, () => 4));
  expect(asked).toBe(2);
  for (let at = 0; at < 3; at++) expect(() => length('bad')).toThrow('bad');
  expect(asked).toBe(5);
});
