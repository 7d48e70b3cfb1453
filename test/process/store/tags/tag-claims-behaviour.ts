import { describe, expect, test } from 'vitest';
import type { Store, TagClaim } from '../../../../src/store/store.ts';

const long = 60_000;

function claim(holder: string, tag = 'v1', repository = 'release/app'): TagClaim {
  return { repository, tag, holder };
}

/** Tests the claims for tags, which must behave the same in every backend. */
export function tagClaimsBehaviour(backend: string, newStores: () => Promise<readonly [Store, Store]>): void {
  describe(`${backend}: claims for tags`, () => {
    test('of many pushes that claim a tag at once, over two connections, one gets it', async () => {
      const stores = await newStores();
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          stores[index % 2 === 0 ? 0 : 1].tagClaims.take(claim(`push ${index}`), long),
        ),
      );
      expect(taken.filter((isTaken) => isTaken)).toHaveLength(1);
    });

    test('a released claim is free; a release by someone else changes nothing', async () => {
      const [{ tagClaims }, other] = await newStores();
      await tagClaims.take(claim('one'), long);
      await other.tagClaims.release(claim('two'));
      expect(await other.tagClaims.take(claim('two'), long)).toBe(false);
      await tagClaims.release(claim('one'));
      expect(await other.tagClaims.take(claim('two'), long)).toBe(true);
    });

    test('other tags and other repositories are separate', async () => {
      const [{ tagClaims }] = await newStores();
      await tagClaims.take(claim('one'), long);
      expect(await tagClaims.take(claim('two', 'v2'), long)).toBe(true);
      expect(await tagClaims.take(claim('two', 'V1'), long)).toBe(true);
      expect(await tagClaims.take(claim('two', 'v1', 'release/other'), long)).toBe(true);
    });

    test('a claim that has expired is free, and its old holder cannot renew it', async () => {
      const [{ tagClaims }, other] = await newStores();
      await tagClaims.take(claim('killed'), 0);
      expect(await other.tagClaims.take(claim('next'), long)).toBe(true);
      expect(await tagClaims.renew(claim('killed'), long)).toBe(false);
      expect(await other.tagClaims.renew(claim('next'), long)).toBe(true);
    });

    test('a renewed claim is valid again', async () => {
      const [{ tagClaims }, other] = await newStores();
      await tagClaims.take(claim('one'), 0);
      expect(await tagClaims.renew(claim('one'), long)).toBe(true);
      expect(await other.tagClaims.take(claim('two'), long)).toBe(false);
    });

    test('a claim from before the clock was set back does not last for ever', async () => {
      const [{ tagClaims }, other] = await newStores();
      await tagClaims.take(claim('one'), 10 * long);
      expect(await other.tagClaims.take(claim('two'), long)).toBe(true);
    });

    test('the same holder can take a claim twice, because a statement may be repeated', async () => {
      const [{ tagClaims }] = await newStores();
      expect(await tagClaims.take(claim('one'), long)).toBe(true);
      expect(await tagClaims.take(claim('one'), long)).toBe(true);
    });

    test('a claim changes no access decision, so the change counter stays the same', async () => {
      const [store] = await newStores();
      const before = store.changes();
      await store.tagClaims.take(claim('one'), long);
      await store.tagClaims.release(claim('one'));
      expect(store.changes()).toBe(before);
    });
  });
}
