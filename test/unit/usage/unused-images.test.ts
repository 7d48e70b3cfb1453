import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { readTagUsage } from '../../../src/usage/tag-usage.ts';
import { readUnusedPage, type UnusedQuestion } from '../../../src/usage/unused-images.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const now = Date.UTC(2026, 5, 15, 12);
const dayMs = 86_400_000;

const signature = `sha256-${'a'.repeat(64)}.sig`;

let store: Store;
let count = 0;

function push(tag: string | null, change: Partial<PlacedEvent> = {}): PlacedEvent {
  return {
    ...{ id: `event ${++count}`, at: now - 40 * dayMs, kind: 'push', repository: 'app', tag },
    ...{ digest: `sha256:${tag ?? ''}`, mediaType: '', children: null, actor: 'ci', address: '192.0.2.1' },
    ...{ host: 'r', userAgent: '', domain: 'private' },
    ...change,
  };
}

const pull = (tag: string | null, change: Partial<PlacedEvent> = {}): PlacedEvent =>
  push(tag, { kind: 'get', ...change });

beforeAll(async () => {
  store = await openStore(join(await temporaryDirectory('unused'), 'dockpass.db'));
  await store.usage.record(
    [
      ...['never', 'long-ago', 'publicly', 'by-digest', 'gone', signature].map((tag) => push(tag)),
      push('new', { at: now - 1000 }),
      pull('long-ago', { at: now - 35 * dayMs }),
      pull('publicly', { at: now - 2000, domain: 'public', actor: '' }),
      pull(null, { at: now - 3000, digest: 'sha256:by-digest', actor: 'cluster' }),
      push('hidden', { repository: 'secret' }),
      push('1.0', { repository: 'removed/app' }),
    ],
    now,
  );
  return () => store.close();
});

async function unused(question: UnusedQuestion = {}, afterId = 0, limit = 100) {
  const tags = new Set(['never', 'long-ago', 'publicly', 'by-digest', 'new', signature, 'hidden']);
  return readUnusedPage(
    { store, tagsOf: async (repository) => (repository === 'removed/app' ? undefined : tags) },
    { isVisible: (name) => name !== 'secret', ...question },
    afterId,
    limit,
  );
}

const namesOf = ({ images }: Awaited<ReturnType<typeof unused>>): string[] => images.map(({ name }) => name);

test('lists tags that no one has ever pulled and that still exist', async () => {
  expect(namesOf(await unused())).toEqual(['app:never', 'app:new']);
});

test('lists tags that were neither pulled nor pushed for a while', async () => {
  expect(namesOf(await unused({ since: now - 30 * dayMs }))).toEqual(['app:never', 'app:long-ago']);
  expect(namesOf(await unused({ since: now - 37 * dayMs }))).toEqual(['app:never']);
});

test('selects by repository and name, and pages', async () => {
  expect(namesOf(await unused({ contains: 'new' }))).toEqual(['app:new']);
  expect(namesOf(await unused({ repository: 'removed/app' }))).toEqual([]);
  const first = await unused({}, 0, 1);
  expect([namesOf(first), namesOf(await unused({}, first.next, 1))]).toEqual([['app:never'], ['app:new']]);
});

test('counts pulls by digest for the tag that has the digest', async () => {
  const usages = await readTagUsage(store, 'app', [
    { name: 'by-digest', digest: 'sha256:by-digest' },
    { name: 'publicly', digest: null },
    { name: 'before-events', digest: 'sha256:other' },
  ]);
  expect(usages.get('by-digest')).toEqual({
    pulls: 1,
    lastPulledAt: '2026-06-15T11:59:57Z',
    lastPulledBy: 'cluster',
    pushes: 1,
    lastPushedAt: '2026-05-06T12:00:00Z',
    lastPushedBy: 'ci',
  });
  expect(usages.get('publicly')).toMatchObject({ pulls: 1, lastPulledBy: null, lastPushedBy: 'ci' });
  expect(usages.has('before-events')).toBe(false);
});
