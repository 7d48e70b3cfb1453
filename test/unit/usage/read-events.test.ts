import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { formatClient } from '../../../src/audit/used-credential.ts';
import { formatEventText } from '../../../src/audit/event-text.ts';
import type { AuditEvent } from '../../../src/audit/event.ts';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { readUsageEvents, type EventQuestion, type UsageEventView } from '../../../src/usage/read-events.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const now = Date.UTC(2026, 5, 15, 12);
const tokenLifetime = 300;

let store: Store;
let count = 0;

/** @param at in seconds after the beginning of the test */
function event(at: number, change: Partial<PlacedEvent> = {}): PlacedEvent {
  return {
    ...{ id: `event ${++count}`, at: now + at * 1000, kind: 'get', repository: 'app', tag: 'v1' },
    ...{ digest: 'sha256:a', mediaType: '', children: null, actor: 'alice', address: '192.0.2.1' },
    ...{ host: 'r', userAgent: 'docker/29', domain: 'private' },
    ...change,
  };
}

function issued(id: string, at: number, change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...{ id, at: now + at * 1000, outcome: 'issued', subject: 'alice', address: '192.0.2.1' },
    ...{ client: 'docker/29', host: 'r', realm: 'private', asked: 'repository:app:pull' },
    ...{ granted: 'repository:app:pull', reason: 'role', tokenId: `jti ${id}`, times: 1 },
    ...change,
  };
}

beforeAll(async () => {
  store = await openStore(join(await temporaryDirectory('events'), 'dockpass.db'));
  const push = { asked: 'repository:app:pull,push', granted: 'repository:app:pull,push' };
  await store.auditLog.append(
    [
      issued('older', 0),
      issued('elsewhere', 40, { address: '203.0.113.9' }),
      issued('bob', 50, {
        subject: 'bob',
        ...push,
        client: formatClient('docker/29', { accessToken: 'laptop' }),
      }),
      issued('job', 60, { subject: 'ci:build', client: formatClient('docker/29', { job: 'run_id 42' }) }),
      issued('robot', 60, { subject: 'robot', address: '203.0.113.9' }),
      issued('other', 900, { granted: 'repository:other:pull' }),
    ].map(formatEventText),
  );
  await store.auditLog.append(
    [issued('anyone', 70, { subject: '', tokenId: '', address: '192.0.2.7' })].map(formatEventText),
    false,
    'unproven',
  );
  await store.usage.record(
    [
      event(41),
      event(51, { kind: 'push', actor: 'bob' }),
      event(61, { actor: 'ci:build' }),
      event(62, { actor: 'robot' }),
      event(71, { actor: '', address: '192.0.2.7' }),
      event(72, { actor: '', address: '192.0.2.8' }),
      event(800),
      event(73, { actor: 'alice', kind: 'push' }),
      event(1000, { repository: 'second', tag: null, digest: 'sha256:b' }),
      event(1001, { repository: 'second', tag: 'v1', digest: 'sha256:c' }),
      event(1002, { repository: 'second', tag: 'v1', digest: 'sha256:b' }),
      event(1003, { repository: 'second', kind: 'head', tag: 'v1' }),
    ],
    now,
  );
  return () => store.close();
});

async function read(question: Partial<EventQuestion> = {}): Promise<readonly UsageEventView[]> {
  const page = { limit: 100 };
  return (await readUsageEvents({ store, tokenLifetime }, { repository: 'app', ...question }, page)).views;
}

test('names the token that was issued to the same subject and address for the same repository', async () => {
  const rows = (await read()).map(({ action, user, address, token }) => [
    action,
    user,
    address.at(-1),
    token && [token.auditId, token.id, token.accessToken, token.job],
  ]);
  expect(rows).toEqual([
    // The token of alice had expired, and she had no right to push.
    ['pull', 'alice', '1', null],
    ['push', 'alice', '1', null],
    // An anonymous client at another address is another client.
    ['pull', null, '8', null],
    ['pull', null, '7', ['anyone', null, null, null]],
    ['pull', 'robot', '1', ['robot', 'jti robot', null, null]],
    ['pull', 'ci:build', '1', ['job', 'jti job', null, 'run_id 42']],
    ['push', 'bob', '1', ['bob', 'jti bob', 'laptop', null]],
    ['pull', 'alice', '1', ['older', 'jti older', null, null]],
  ]);
});

test('shows to which address the token was issued, if it is another one', async () => {
  expect((await read({ by: 'robot' }))[0]).toMatchObject({
    address: '192.0.2.1',
    token: { address: '203.0.113.9', issuedAt: '2026-06-15T12:01:00Z' },
  });
});

test('selects by tag, digest, actor and time', async () => {
  const names = async (question: Partial<EventQuestion>) =>
    (await read({ repository: 'second', ...question })).map(({ name, digest }) => [name, digest]);
  const [first, second, third] = [
    ['second:v1', 'sha256:b'],
    ['second:v1', 'sha256:c'],
    ['second@sha256:b', 'sha256:b'],
  ];
  expect(await names({})).toEqual([first, second, third]);
  expect(await names({ tag: 'v1' })).toEqual([first, second]);
  expect(await names({ digest: 'sha256:b' })).toEqual([first, third]);
  expect(await names({ by: 'bob' })).toEqual([]);
  expect(await names({ since: now + 1001_500 })).toEqual([first]);
});

test('pages through the events, each once', async () => {
  const all = await read();
  const found: UsageEventView[] = [];
  let before;
  do {
    const page = await readUsageEvents({ store, tokenLifetime }, { repository: 'app' }, { before, limit: 3 });
    found.push(...page.views);
    before = page.next;
  } while (before !== undefined);
  expect(found).toEqual(all);
});

test('a search without time ends each page early, and goes on', async () => {
  const page = await readUsageEvents(
    { store, tokenLifetime },
    { repository: 'app' },
    { limit: 100, budgetMs: 0 },
  );
  expect([page.views.length, page.next]).toEqual([1, expect.objectContaining({ at: now + 800_000 })]);
});

test('a User-Agent cannot claim an access token', () => {
  const client = formatClient('docker; access token: laptop', {});
  expect(client).not.toContain('; access token: ');
  expect(formatClient('x', { accessToken: 'laptop' })).toBe('x; access token: laptop');
});
