import { describe, expect, test } from 'vitest';
import { ownActor } from '../../../src/events/own-actor.ts';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import type { RepositoryHistory, Store } from '../../../src/store/store.ts';
import type { TestDatabase } from './store-behaviour.ts';
import { pull } from './usage-behaviour.ts';

const noon = Date.UTC(2026, 5, 15, 12);
const [a, b] = ['sha256:a', 'sha256:b'] as const;

const push = (at: number, change: Partial<PlacedEvent> = {}): PlacedEvent =>
  pull({ kind: 'push', at: noon + at, ...change });
const remove = (at: number, change: Partial<PlacedEvent>): PlacedEvent =>
  pull({ kind: 'delete', at: noon + at, tag: null, digest: null, ...change });

/** Tests of what is known about tags and manifests, which must pass with every backend. */
export function historyBehaviour(backend: string, newDatabase: () => Promise<TestDatabase>): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();
  const tagOf = ({ tags }: RepositoryHistory, name = 'v1') => tags.find((tag) => tag.name === name);
  const manifestOf = ({ manifests }: RepositoryHistory, digest: string) =>
    manifests.find((manifest) => manifest.digest === digest);

  describe(`${backend}: history of a repository`, () => {
    test('knows the newest push of a tag, and when a manifest lost its tag, in any order of arrival', async () => {
      const events = [push(1, { digest: a }), push(5, { digest: b })];
      for (const arrival of [
        [events],
        [events.slice(0, 1), events.slice(1)],
        [events.slice(1), events.slice(0, 1)],
      ]) {
        const { usage } = await newStore();
        for (const group of arrival) await usage.record(group, noon);
        const history = await usage.history('app');
        expect(tagOf(history)).toMatchObject({ push: { at: noon + 5, digest: b }, digest: b });
        expect(manifestOf(history, a)).toMatchObject({ untaggedAt: noon + 5, pushedAt: undefined });
        expect(manifestOf(history, b)).toMatchObject({ untaggedAt: undefined });
        expect(await usage.pushedSince('app', noon + 5)).toEqual([b]);
      }
    });

    test('does not take a push for the newest one if the tag or its manifest was deleted later', async () => {
      const { usage } = await newStore();
      await usage.record([push(1), push(1, { tag: 'v2', digest: b })], noon);
      await usage.record([remove(3, { tag: 'v1' }), remove(3, { digest: b })], noon);
      const history = await usage.history('app');
      expect(tagOf(history)).toMatchObject({ push: undefined, digest: undefined });
      expect(tagOf(history, 'v2')).toMatchObject({ push: undefined, digest: undefined });
      expect(manifestOf(history, a)).toMatchObject({ untaggedAt: noon + 3 });
      await usage.record([push(4, { tag: 'v2', digest: b })], noon);
      expect(tagOf(await usage.history('app'), 'v2')).toMatchObject({ push: { at: noon + 4, digest: b } });
    });

    test('knows the last pulls by tag and by digest, under any domain', async () => {
      const { usage } = await newStore();
      await usage.record(
        [
          pull({ at: noon + 1, actor: 'alice' }),
          pull({ at: noon + 2, actor: 'bob', domain: 'public' }),
          pull({ at: noon + 3, tag: null, digest: b, actor: '' }),
        ],
        noon,
      );
      const history = await usage.history('app');
      expect(tagOf(history)).toMatchObject({ lastPull: { at: noon + 2, by: 'bob' }, push: undefined });
      expect(manifestOf(history, b)).toMatchObject({ lastPull: { at: noon + 3, by: '' } });
      expect(manifestOf(history, a)).toMatchObject({ lastPull: undefined });
    });

    test('does not count what dockpass itself reads', async () => {
      const { usage } = await newStore();
      await usage.record([pull({ actor: ownActor }), pull({ actor: ownActor, tag: null })], noon);
      expect(await usage.images({ limit: 10, afterId: 0 })).toEqual([]);
      expect(manifestOf(await usage.history('app'), a)).toBeUndefined();
    });

    test('remembers what the registry contained', async () => {
      const { usage } = await newStore();
      await usage.record([push(1), push(1, { tag: 'gone', digest: b })], noon);
      await usage.observe(
        'app',
        { tags: [{ name: 'v1', digest: b }], missingTags: ['gone'], untagged: [a], missingManifests: [] },
        noon + 10,
      );
      const history = await usage.history('app');
      expect(tagOf(history)).toMatchObject({ push: { at: noon + 1, digest: a }, digest: b });
      expect(tagOf(history, 'gone')).toMatchObject({ push: undefined, digest: undefined });
      expect(manifestOf(history, a)).toMatchObject({ untaggedAt: noon + 10 });
      // The list named the digest before, so this push takes the tag away from it.
      await usage.record([push(20, { digest: 'sha256:c' })], noon);
      expect(manifestOf(await usage.history('app'), b)).toMatchObject({ untaggedAt: noon + 20 });
    });

    test('knows since when events arrive, and the newest one', async () => {
      const { usage } = await newStore();
      expect(await usage.times()).toEqual({ firstReceivedAt: undefined, newestEventAt: undefined });
      await usage.record([push(-5)], noon);
      await usage.record([push(70)], noon + 50);
      await usage.record([push(1)], noon + 60);
      expect(await usage.times()).toEqual({ firstReceivedAt: noon, newestEventAt: noon + 70 });
    });
  });

  describe(`${backend}: plans`, () => {
    test('a plan is begun once', async () => {
      const { retentionPlans: plans } = await newStore();
      await plans.add('one', 1);
      await plans.add('two', 2);
      expect(await plans.setState('one', 'planning', 'planned', { content: '{}' })).toBe(true);
      const begun = await Promise.all([1, 2].map(() => plans.setState('one', 'planned', 'applying')));
      expect(begun.sort()).toEqual([false, true]);
      await plans.setBegun('one', 3);
      expect(await plans.begun()).toEqual([
        { id: 'one', createdAt: 1, content: '{}', problem: null, state: 'applying', begun: 3 },
      ]);
      await plans.removeBefore(2);
      expect(await plans.find('one')).toBeUndefined();
      expect(await plans.find('two')).toMatchObject({ state: 'planning', begun: 0 });
    });

    test('a lease has one holder until it ends', async () => {
      const { retentionPlans: plans } = await newStore();
      expect(await plans.takeLease('apply', 'one', 0, 10)).toBe(true);
      expect(await plans.takeLease('apply', 'two', 9, 19)).toBe(false);
      expect(await plans.takeLease('apply', 'one', 9, 20)).toBe(true);
      expect(await plans.takeLease('apply', 'two', 20, 30)).toBe(true);
      await plans.releaseLease('apply', 'one');
      expect(await plans.takeLease('apply', 'one', 21, 31)).toBe(false);
      await plans.releaseLease('apply', 'two');
      expect(await plans.takeLease('apply', 'one', 21, 31)).toBe(true);
    });
  });
}
