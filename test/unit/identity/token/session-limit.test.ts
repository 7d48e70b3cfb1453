import { expect, test } from 'vitest';
import { createSessionLimit } from '../../../../src/identity/token/session-limit.ts';
import type { RefreshToken } from '../../../../src/store/store.ts';

/** Creates sessions of one user in memory, with a limit. `begin` begins a session and ends those that are too many. */
function setUp(limit: number) {
  let stored: RefreshToken[] = [];
  let countQueries = 0;
  const latestUses = new Map<string, number>();
  const findExcess = createSessionLimit(
    {
      countOf: async () => {
        countQueries++;
        return stored.length;
      },
      leastRecentlyUsedOf: async (_user, count) =>
        stored.toSorted((one, other) => one.lastUse.at - other.lastUse.at).slice(0, count),
    },
    { latestUseAt: (hash) => latestUses.get(hash) },
    limit,
  );
  const add = (hash: string, usedAt: number): RefreshToken => {
    const token: RefreshToken = {
      hash,
      id: hash,
      user: 'alice',
      service: 'registry',
      host: 'registry.example.com',
      client: 'docker',
      createdAt: 0,
      expiresAt: 1_000_000,
      lastUse: { at: usedAt, from: '192.0.2.1' },
    };
    stored.push(token);
    return token;
  };
  const begin = async (hash: string, usedAt: number): Promise<readonly string[]> => {
    const ended = new Set((await findExcess(add(hash, usedAt))).map((token) => token.hash));
    stored = stored.filter((token) => !ended.has(token.hash));
    return [...ended];
  };
  return { add, begin, latestUses, count: () => stored.length, countQueries: () => countQueries };
}

test('10,000 logins leave 100 sessions if the limit is 100: the ones that were used last', async () => {
  const { begin, count } = setUp(100);
  for (let at = 0; at < 10_000; at++) await begin(`s${at}`, at);
  expect(count()).toBe(100);
  expect(await begin('next', 10_000)).toEqual(['s9900']);
});

test('a session whose last use is not yet in the store does not end', async () => {
  const { begin, latestUses } = setUp(3);
  await begin('one', 1);
  await begin('two', 2);
  await begin('three', 3);
  latestUses.set('one', 50);
  expect(await begin('four', 60)).toEqual(['two']);
});

test('the new session does not end, although its time is the oldest', async () => {
  const { begin } = setUp(2);
  await begin('one', 10);
  await begin('two', 20);
  expect(await begin('three', 5)).toEqual(['one']);
});

test('a user who had too many sessions before an upgrade loses at most 500 with a login', async () => {
  const { add, begin, count } = setUp(10);
  for (let at = 0; at < 700; at++) add(`old${at}`, at);
  expect(await begin('one', 1000)).toHaveLength(500);
  expect(await begin('two', 1000)).toHaveLength(192);
  expect(count()).toBe(10);
});

test('the sessions of a user with few of them are not counted at each login', async () => {
  const { begin, countQueries } = setUp(10_000);
  for (let at = 0; at < 400; at++) await begin(`s${at}`, at);
  expect(countQueries()).toBe(1);
});
