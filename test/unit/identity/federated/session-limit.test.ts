import { expect, test } from 'vitest';
import { createFederatedSessionLimit } from '../../../../src/identity/federated/session/session-limit.ts';
import type { FederatedSession } from '../../../../src/store/store.ts';

const begun = (rule: string) => ({ rule }) as FederatedSession;

function setUp(limit: number) {
  const state = { sessions: 0, expired: 0, counts: 0 };
  const findExcess = createFederatedSessionLimit(
    {
      countOf: async () => {
        state.counts++;
        return state.sessions + state.expired;
      },
      removeExpired: async () => {
        const { expired } = state;
        state.expired = 0;
        return expired;
      },
    },
    () => 0,
    limit,
  );
  /** Begins sessions and ends those that must end. Returns how many ended. */
  const begin = async (count: number): Promise<number> => {
    let ended = 0;
    for (let number = 0; number < count; number++) {
      state.sessions++;
      const excess = await findExcess(begun('acme'));
      state.sessions -= excess;
      ended += excess;
    }
    return ended;
  };
  return { state, begin, findExcess };
}

test('the oldest sessions of a rule end if it has too many', async () => {
  const { state, begin } = setUp(1000);
  expect(await begin(1000)).toBe(0);
  expect(await begin(1)).toBe(11);
  expect(state.sessions).toBe(990);
  await begin(5000);
  expect(state.sessions).toBeGreaterThan(980);
  expect(state.sessions).toBeLessThanOrEqual(1000);
});

test('sessions are counted rarely', async () => {
  const { state, begin } = setUp(20_000);
  await begin(1000);
  expect(state.counts).toBeLessThan(5);
});

test('sessions that are over do not displace others', async () => {
  const { state, begin } = setUp(1000);
  state.expired = 990;
  expect(await begin(500)).toBe(0);
  expect(state.expired).toBe(0);
});

test('each rule has its own limit', async () => {
  const { state, begin, findExcess } = setUp(100);
  await begin(100);
  const before = state.counts;
  state.sessions = 1;
  expect(await findExcess(begun('other'))).toBe(0);
  expect(state.counts).toBe(before + 1);
});
