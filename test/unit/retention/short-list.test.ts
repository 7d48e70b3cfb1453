import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findUnlistedTags, tagsToVerify } from '../../../src/retention/short-list.ts';

test('names the tags that the registry must be asked for: those that were named, but are not listed', () => {
  expect(tagsToVerify(['a', 'c'], ['d', 'a', 'b', 'd'])).toEqual(['b', 'd']);
  expect(tagsToVerify([], [])).toEqual([]);
});

test('a list is short if it lacks a tag that HEAD finds', () => {
  expect(findUnlistedTags(['a'], ['b'])).toEqual(['b']);
  expect(findUnlistedTags(['a', 'b'], ['b'])).toEqual([]);
  expect(findUnlistedTags(['a'], [])).toEqual([]);
});

test('a list that lacks any tag that exists is found to be short if the tag was named', () => {
  const names = fc.uniqueArray(fc.constantFrom(...'abcdefgh'));
  fc.assert(
    fc.property(names, names, names, (existing, listed, named) => {
      const list = existing.filter((tag) => listed.includes(tag));
      const found = tagsToVerify(list, named).filter((tag) => existing.includes(tag));
      const lacking = existing.filter((tag) => named.includes(tag) && !list.includes(tag));
      expect(findUnlistedTags(list, found)).toEqual(lacking.sort());
    }),
  );
});
