import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { readUsage, readUsagePage, type UsageQuestion } from '../../../src/usage/read-usage.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const now = Date.UTC(2026, 5, 15, 12);
const dayMs = 86_400_000;
const keepRaw = 30 * 86_400;

let store: Store;
let count = 0;

function event(at: number, change: Partial<PlacedEvent> = {}): PlacedEvent {
  return {
    ...{ id: `event ${++count}`, at, kind: 'get', repository: 'app', tag: 'v1', digest: 'sha256:a' },
    ...{ mediaType: '', children: null, actor: 'alice', address: '192.0.2.1', host: 'r', userAgent: '' },
    domain: 'private',
    ...change,
  };
}

beforeAll(async () => {
  store = await openStore(join(await temporaryDirectory('usage'), 'dockpass.db'));
  await store.usage.record(
    [
      event(now - 60 * dayMs),
      event(now - 60 * dayMs - 11 * 3_600_000, { kind: 'push', actor: 'bob' }),
      event(now - 2 * dayMs - 1000, { actor: 'bob' }),
      event(now - 2 * dayMs),
      event(now - 1000, { domain: 'public', actor: '' }),
      event(now - 500, { tag: null, digest: 'sha256:a', actor: 'robot' }),
      event(now - 400, { repository: 'other', tag: 'v2', digest: 'sha256:b' }),
      event(now - 300, { repository: 'a/hidden' }),
    ],
    now,
  );
  return () => store.close();
});

const read = async (question: UsageQuestion = {}) =>
  (await readUsage({ store, now, keepRaw }, { isVisible: (name) => name !== 'a/hidden', ...question })).map(
    ({ name, domain, pulls, lastPulledBy, pushes }) => [name, domain, pulls, lastPulledBy, pushes],
  );

const [tagged, publicly, byDigest, other] = [
  ['app:v1', 'private', 3, 'alice', 1],
  ['app:v1', 'public', 1, null, 0],
  ['app@sha256:a', 'private', 1, 'robot', 0],
  ['other:v2', 'private', 1, 'alice', 0],
];

test('lists all images that may be seen, sorted by name', async () => {
  expect(await read()).toEqual([tagged, publicly, byDigest, other]);
});

test('selects by repository, tag and digest', async () => {
  expect(await read({ repository: 'other' })).toEqual([other]);
  expect(await read({ repository: 'app', tag: 'v1' })).toEqual([tagged, publicly]);
  expect(await read({ repository: 'app', tag: 'v2' })).toEqual([]);
  expect(await read({ repository: 'missing' })).toEqual([]);
});

test('names the image of a digest first, and then the tags with this digest', async () => {
  expect(await read({ repository: 'app', digest: 'sha256:a' })).toEqual([byDigest, tagged, publicly]);
});

test('counts to the second while single events are stored', async () => {
  expect(await read({ repository: 'app', tag: 'v1', since: now - 2 * dayMs })).toEqual([
    ['app:v1', 'private', 1, 'alice', 0],
    publicly,
  ]);
  expect(await read({ repository: 'app', tag: 'v1', since: now - 2 * dayMs - 1000 })).toEqual([
    ['app:v1', 'private', 2, 'alice', 0],
    publicly,
  ]);
  expect(await read({ since: now - 350 })).toEqual([]);
});

test('counts whole days (UTC) before that', async () => {
  expect(await read({ repository: 'app', tag: 'v1', since: now - 60 * dayMs + 1000 })).toEqual([
    tagged,
    publicly,
  ]);
  expect(await read({ repository: 'app', tag: 'v1', since: now - 59 * dayMs })).toEqual([
    ['app:v1', 'private', 2, 'alice', 0],
    publicly,
  ]);
});

test('counts only what one actor did, with the last pull of this actor', async () => {
  expect(await read({ by: 'bob' })).toEqual([['app:v1', 'private', 1, 'bob', 1]]);
  expect(await read({ by: 'bob', since: now - 3 * dayMs })).toEqual([['app:v1', 'private', 1, 'bob', 0]]);
  expect(await read({ by: 'alice', since: now - 3 * dayMs })).toEqual([
    ['app:v1', 'private', 1, 'alice', 0],
    other,
  ]);
  expect(await read({ by: 'bob', since: now - dayMs })).toEqual([]);
  expect(await read({ by: 'carol' })).toEqual([]);
});

test('gives times to the second, in UTC', async () => {
  const [view] = await readUsage({ store, now, keepRaw }, { repository: 'app', tag: 'v1' });
  expect(view).toMatchObject({
    ...{ lastPulledAt: '2026-06-13T12:00:00Z', lastPushedAt: '2026-04-16T01:00:00Z', lastPushedBy: 'bob' },
    digest: 'sha256:a',
  });
});

test('pages hold each image once', async () => {
  const names: string[] = [];
  for (let next: number | undefined = 0; next !== undefined;) {
    const page: Awaited<ReturnType<typeof readUsagePage>> = await readUsagePage(
      { store, now, keepRaw },
      { contains: 'app', isVisible: (name) => name !== 'a/hidden' },
      next,
      1,
    );
    expect(page.views.length).toBeLessThanOrEqual(1);
    names.push(...page.views.map(({ name }) => name));
    next = page.next;
  }
  expect(names.sort()).toEqual(['app:v1', 'app:v1', 'app@sha256:a']);
});
