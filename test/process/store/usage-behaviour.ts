import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import type { ArrivalQuery, DayUsage, Store, UsedImage } from '../../../src/store/store.ts';
import { naiveUsage, type NaiveImage } from '../../support/usage/naive-usage.ts';
import { randomArrival } from '../../support/usage/random-events.ts';
import type { TestDatabase } from './store-behaviour.ts';

const noon = Date.UTC(2026, 5, 15, 12);
const dayMs = 86_400_000;

let count = 0;

/** Returns an event with an id of its own. */
export function pull(change: Partial<PlacedEvent> = {}): PlacedEvent {
  return {
    id: `pull ${++count}`,
    at: noon,
    kind: 'get',
    repository: 'app',
    tag: 'v1',
    digest: 'sha256:a',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    children: null,
    actor: 'alice',
    address: '192.0.2.1',
    host: 'registry.example.com',
    domain: 'private',
    userAgent: 'docker/29',
    ...change,
  };
}

const allImages = ({ usage }: Store): Promise<UsedImage[]> => usage.images({ limit: 10_000, afterId: 0 });

function counts(images: readonly UsedImage[]): Map<string, NaiveImage> {
  return new Map(
    images
      .filter(({ pulls, pushes, lastPulledAt }) => pulls > 0 || pushes > 0 || lastPulledAt !== null)
      .map(({ id: _, repository, tag, domain, ...rest }) => [
        `${domain} ${repository}${tag === null ? `@${rest.digest ?? ''}` : `:${tag}`}`,
        rest,
      ]),
  );
}

/** The sums of the days of an actor, with times to the second. */
function sums(images: readonly UsedImage[], days: readonly DayUsage[]): Map<string, unknown> {
  const names = new Map(
    images.map(({ id, repository, tag, digest, domain }) => [
      id,
      `${domain} ${repository}${tag === null ? `@${digest ?? ''}` : `:${tag}`}`,
    ]),
  );
  const found = new Map<
    string,
    { pulls: number; lastPulledAt: number | null; pushes: number; lastPushedAt: number | null }
  >();
  for (const { image, pulls, lastPulledAt, pushes, lastPushedAt } of days) {
    const name = names.get(image) ?? '';
    const sum = found.get(name) ?? { pulls: 0, lastPulledAt: null, pushes: 0, lastPushedAt: null };
    found.set(name, {
      pulls: sum.pulls + pulls,
      lastPulledAt: later(sum.lastPulledAt, lastPulledAt),
      pushes: sum.pushes + pushes,
      lastPushedAt: later(sum.lastPushedAt, lastPushedAt),
    });
  }
  return found;
}

function later(one: number | null, other: number | null): number | null {
  return one === null ? other : other === null ? one : Math.max(one, other);
}

/** Tests of the usage that must pass with every backend. @param runs how many random orders of events are tried */
export function usageBehaviour(
  backend: string,
  newDatabase: () => Promise<TestDatabase>,
  runs: number,
): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: usage`, () => {
    test('counts like a naive reference, in any order of arrival and grouping', async () => {
      const store = await newStore();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(randomArrival, async ({ events, groups }) => {
          // Each run has repositories of its own in the same database.
          const prefix = `run${++run}/`;
          const own = (event: PlacedEvent): PlacedEvent => ({
            ...event,
            id: prefix + event.id,
            repository: prefix + event.repository,
          });
          for (const group of groups) await store.usage.record(group.map(own), noon);
          const images = (await allImages(store)).filter(({ repository }) => repository.startsWith(prefix));
          expect(counts(images)).toEqual(naiveUsage(events.map(own)));
          const ids = images.map(({ id }) => id);
          for (const actor of ['', 'alice']) {
            const expected = new Map(
              [...naiveUsage(events.map(own), actor)].map(
                ([name, { pulls, lastPulledAt, pushes, lastPushedAt }]) => [
                  name,
                  { pulls, lastPulledAt, pushes, lastPushedAt },
                ],
              ),
            );
            expect(sums(images, await store.usage.days(ids, 0, actor))).toEqual(expected);
          }
        }),
        { numRuns: runs },
      );
    }, 120_000);

    test('counts an event once, even if it arrives twice in one request and again later', async () => {
      const { usage } = await newStore();
      const event = pull();
      expect(await usage.record([event, { ...event }], noon)).toBe(1);
      expect(await usage.record([event, pull()], noon)).toBe(1);
      expect(await usage.images({ limit: 10, afterId: 0 })).toMatchObject([{ pulls: 2 }]);
    });

    test.each([5, 36, 263])('counts each of %i events that arrive together', async (count) => {
      const store = await newStore();
      const events = Array.from({ length: count }, (_, number) =>
        pull({ repository: `app-${number}`, digest: `sha256:${number}`, actor: `user-${number}` }),
      );
      expect(await store.usage.record(events, noon)).toBe(count);
      const later = events.map((event) => ({ ...event, id: `${event.id} later` }));
      expect(await store.usage.record([...events, ...later], noon)).toBe(count);
      expect((await allImages(store)).map(({ repository, pulls }) => ({ repository, pulls }))).toEqual(
        events.map(({ repository }) => ({ repository, pulls: 2 })),
      );
    });

    test('counts events that several processes record at once', async () => {
      const database = await newDatabase();
      const stores = [await database.connect(), await database.connect()];
      const events = Array.from({ length: 40 }, () => pull());
      await Promise.all(
        stores.flatMap(({ usage }) =>
          [0, 10, 20, 30].map((at) => usage.record(events.slice(at, at + 10), noon)),
        ),
      );
      expect(await allImages(stores[0] as Store)).toMatchObject([{ pulls: 40 }]);
    });

    test('returns the events of images, the latest first, page by page', async () => {
      const { usage } = await newStore();
      const events = [
        pull({ at: noon + 1000, tag: 'v2' }),
        pull({ at: noon }),
        pull({ at: noon + 3000, kind: 'push', actor: 'bob' }),
        pull({ at: noon + 2000, tag: 'v2' }),
        pull({ at: noon + 2000 }),
        pull({ at: noon + 9000, kind: 'head' }),
      ];
      await usage.record(events, noon + 10_000);
      const images = (await usage.images({ limit: 10, afterId: 0 })).map(({ id }) => id);
      const all = await usage.events({ images, limit: 100 });
      expect(all.map(({ seq, at, counts }) => [seq, at - noon, counts])).toEqual([
        [3, 3000, 'push'],
        [5, 2000, 'pull'],
        [4, 2000, 'pull'],
        [1, 1000, 'pull'],
        [2, 0, 'pull'],
      ]);
      expect(all[0]).toMatchObject({ ...events[2], receivedAt: noon + 10_000 });
      const pages = [await usage.events({ images, limit: 2 })];
      for (let last = pages[0]?.at(-1); last !== undefined; last = pages.at(-1)?.at(-1))
        pages.push(await usage.events({ images, limit: 2, before: last }));
      expect(pages.flat()).toEqual(all);
      expect(await usage.events({ images, limit: 9, actor: 'bob' })).toEqual([all[0]]);
      expect(await usage.events({ images, limit: 9, since: noon + 2000 })).toEqual(all.slice(0, 3));
      expect(await usage.events({ images: [], limit: 9 })).toEqual([]);
    });

    test('returns the events that arrived last, also those that do not count', async () => {
      const { usage } = await newStore();
      await usage.record([pull(), pull({ kind: 'blob', repository: 'other' })], noon);
      await usage.record([pull({ at: 0 })], noon);
      const seqs = async (query: Partial<ArrivalQuery>) =>
        (await usage.arrivals({ limit: 10, ...query })).map(({ seq }) => seq);
      expect(await seqs({})).toEqual([3, 2, 1]);
      expect(await seqs({ limit: 1 })).toEqual([3]);
      expect(await seqs({ afterSeq: 1 })).toEqual([3, 2]);
      expect(await seqs({ repository: 'other' })).toEqual([2]);
    });

    test('stores the events of probes, and does not count them', async () => {
      const store = await newStore();
      const probes = [pull(), pull({ kind: 'push' }), pull({ kind: 'head' }), pull({ tag: null })];
      await store.usage.record(
        probes.map((event) => ({ ...event, isProbe: true })),
        noon,
      );
      await store.usage.record([pull({ repository: 'other' })], noon);
      expect((await allImages(store)).map(({ repository }) => repository)).toEqual(['other']);
      expect(await store.usage.arrivals({ limit: 10 })).toHaveLength(5);
    });

    test('stores long and odd texts', async () => {
      const store = await newStore();
      const odd = `'"<script>\n${'ß漢'.repeat(3000)}`;
      const event = pull({
        id: odd,
        repository: odd,
        tag: odd,
        digest: odd,
        actor: odd,
        address: odd,
        host: odd,
        userAgent: odd,
      });
      await store.usage.record([event], noon);
      expect(await store.usage.record([event], noon)).toBe(0);
      expect(await allImages(store)).toMatchObject([
        { repository: odd, tag: odd, digest: odd, lastPulledBy: odd },
      ]);
      expect(await store.usage.images({ limit: 1, afterId: 0, repository: odd })).toHaveLength(1);
      expect(await store.usage.images({ limit: 1, afterId: 0, repository: 'app' })).toEqual([]);
    });

    test('keeps the counts of events that are no longer stored', async () => {
      const store = await newStore();
      const old = noon - 40 * dayMs;
      await store.usage.record([pull({ at: old }), pull({ at: old + 1 })], old);
      await store.usage.record([pull({ actor: 'bob' })], noon);
      const [image] = await allImages(store);
      const ids = [image?.id ?? 0];
      expect(await store.usage.between(ids, 0, noon + 1)).toHaveLength(2);
      while ((await store.usage.prune(noon)) > 0);
      expect(await store.usage.between(ids, 0, noon + 1)).toEqual([
        { image: ids[0], actor: 'bob', pulls: 1, lastPulledAt: noon, pushes: 0, lastPushedAt: null },
      ]);
      expect(await allImages(store)).toEqual([image]);
      expect(await store.usage.days(ids, 0)).toHaveLength(2);
      expect(await store.usage.days(ids, noon / dayMs - 1)).toMatchObject([{ actor: 'bob', pulls: 1 }]);
      expect(await store.usage.days(ids, 0, 'alice')).toMatchObject([{ actor: 'alice', pulls: 2 }]);
      expect(await store.usage.days(ids, 0, 'carol')).toEqual([]);
    });

    test('sums up the days of images, and finds images by name under both kinds of domains', async () => {
      const { usage } = await newStore();
      await usage.record(
        [
          pull({ at: noon - dayMs, domain: 'public', actor: '' }),
          pull({ actor: 'bob', kind: 'push' }),
          pull(),
          pull({ tag: null, digest: 'sha256:b' }),
          pull({ repository: 'other' }),
        ],
        noon,
      );
      const today = Math.floor(noon / dayMs);
      const named = await usage.named('app', [
        { tag: 'v1' },
        { tag: null, digest: 'sha256:b' },
        { tag: null, digest: 'sha256:a' },
      ]);
      expect(named.map(({ tag, digest, domain }) => [tag, digest, domain]).sort()).toEqual([
        [null, 'sha256:b', 'private'],
        ['v1', 'sha256:a', 'private'],
        ['v1', 'sha256:a', 'public'],
      ]);
      const ids = named.map(({ id }) => id);
      expect(await usage.dayTotals(ids, 0)).toEqual([
        { day: today - 1, pulls: 1, pushes: 0 },
        { day: today, pulls: 2, pushes: 1 },
      ]);
      expect(await usage.dayTotals(ids, today, 'alice')).toEqual([{ day: today, pulls: 2, pushes: 0 }]);
      expect(await usage.dayTotals(ids, 0, 'carol')).toEqual([]);
      expect(await usage.dayTotals([], 0)).toEqual([]);
    });

    test('takes times that no registry has', async () => {
      const store = await newStore();
      const times = [Date.UTC(-1, 0), 0, Date.UTC(9999, 11, 31, 23, 59, 59)];
      await store.usage.record(
        times.map((at) => pull({ at })),
        noon,
      );
      const [image] = await allImages(store);
      expect(image).toMatchObject({ pulls: 3, lastPulledAt: times[2] });
      expect(
        (await store.usage.days([image?.id ?? 0], -1_000_000)).map(({ lastPulledAt }) => lastPulledAt),
      ).toEqual(times);
    });
  });
}
