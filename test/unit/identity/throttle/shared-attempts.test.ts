import { expect, test } from 'vitest';
import { Secret } from '../../../../src/secret.ts';
import { shareAttempts } from '../../../../src/identity/throttle/shared-attempts.ts';
import { createThrottle, type Throttle } from '../../../../src/identity/throttle/throttle.ts';
import type { Broadcast } from '../../../../src/store/broadcast.ts';
import { afterwards } from '../../../support/run/afterwards.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';

/**
 * Creates a broadcast that works like that of PostgreSQL: all listeners receive all messages in the same order, one
 * turn of the event loop later.
 */
function createBroadcast() {
  const listeners = new Set<(text: string) => void>();
  let publishedCount = 0;
  let isDown = false;
  const announcements: Broadcast = {
    publish: async (text) => {
      if (isDown) throw new Error('the database is down');
      publishedCount++;
      setImmediate(() => {
        for (const listener of listeners) listener(text);
      });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return { announcements, publishedCount: () => publishedCount, goDown: () => (isDown = true) };
}

function setUp(processes = 4, readUnlockedAt?: (account: string) => Promise<number | null>) {
  const clock = fakeClock();
  const shared = createBroadcast();
  const throttles = Array.from({ length: processes }, () =>
    createThrottle(clock, {
      createRecorder: shareAttempts(shared.announcements, readUnlockedAt),
      fingerprintKey: 'the same for all',
    }),
  );
  afterwards(() => throttles.forEach((throttle) => throttle.close()));
  return { clock, ...shared, throttles };
}

interface Try {
  readonly password: string;
  readonly address?: string;
  readonly right?: boolean;
  readonly unlockedAt?: number | null;
}

async function attempt(throttle: Throttle | undefined, { right = false, ...given }: Try): Promise<string> {
  const address = given.address ?? '192.0.2.1';
  const guess = {
    name: 'alice',
    address,
    password: new Secret(given.password),
    unlockedAt: given.unlockedAt ?? null,
    accountExists: true,
  };
  try {
    const verdict = await throttle?.attempt(
      guess,
      async () => right,
      (isRight) => isRight,
    );
    return verdict === true ? 'right' : 'wrong';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const count = (answers: readonly string[], wanted: string): number =>
  answers.filter((answer) => answer === wanted).length;

test('limits attempts that are spread over four processes as if there were one process', async () => {
  const { throttles } = setUp();
  const answers: string[] = [];
  for (let at = 0; at < 40; at++) answers.push(await attempt(throttles[at % 4], { password: `guess ${at}` }));
  expect(answers.slice(0, 10)).toEqual(Array(10).fill('wrong'));
  expect(count(answers.slice(10), 'too_many_attempts')).toBe(30);
  for (const throttle of throttles)
    expect(await attempt(throttle, { password: 'the right one', right: true })).toBe('too_many_attempts');
});

test('of 400 attempts at once over four processes, at most 13 are checked', async () => {
  const { throttles } = setUp();
  const answers = await Promise.all(
    Array.from({ length: 400 }, (_, at) => attempt(throttles[at % 4], { password: `guess ${at}` })),
  );
  // One process would check 10. Each of the other three can check one more without waiting for the others.
  expect(count(answers, 'wrong')).toBeLessThanOrEqual(13);
  expect(count(answers, 'wrong') + count(answers, 'too_many_attempts')).toBe(400);
});

test('counts an old password as one attempt, even if a client repeats it at all processes', async () => {
  const { throttles } = setUp();
  for (let at = 0; at < 60; at++)
    expect(await attempt(throttles[at % 4], { password: 'the old one' })).toBe('wrong');
  expect(await attempt(throttles[0], { password: 'the new one', right: true })).toBe('right');
});

test('an address that is known to one process is known to all, and attempts from other addresses do not delay it', async () => {
  const { throttles, clock, publishedCount } = setUp();
  expect(await attempt(throttles[0], { password: 'right', right: true })).toBe('right');
  await expect.poll(publishedCount, { timeout: 5000 }).toBe(1);
  for (let at = 0; at < 25; at++)
    await attempt(throttles[at % 4], { password: `guess ${at}`, address: `198.51.100.${at}` });
  // One attempt of each other network is checked, and the next one has to wait at every process.
  expect(await attempt(throttles[1], { password: 'x', address: '203.0.113.1' })).toBe('wrong');
  expect(await attempt(throttles[2], { password: 'y', address: '203.0.113.1' })).toBe('too_many_attempts');
  expect(await attempt(throttles[3], { password: 'right', right: true })).toBe('right');
  clock.advance(1);
});

test('while the limit of an account is exhausted, all processes together check one attempt of a new network', async () => {
  const { throttles } = setUp();
  for (let at = 0; at < 25; at++)
    await attempt(throttles[at % 4], { password: `guess ${at}`, address: `198.51.100.${at}` });
  const answers = await Promise.all(
    [0, 1, 2, 3, 0, 1, 2, 3].map((process, at) =>
      attempt(throttles[process], { password: `at once ${at}`, address: '2001:db8:1:1::1' }),
    ),
  );
  expect([count(answers, 'wrong'), count(answers, 'too_many_attempts')]).toEqual([1, 7]);
  for (const throttle of throttles)
    expect(await attempt(throttle, { password: 'one more', address: '2001:db8:1:2::1' })).toBe(
      'too_many_attempts',
    );
  expect(await attempt(throttles[2], { password: 'right', address: '2001:db8:2:1::1', right: true })).toBe(
    'right',
  );
});

test('a successful first login sends no message to the other processes', async () => {
  const { throttles, publishedCount } = setUp();
  expect(await attempt(throttles[0], { password: 'right', right: true })).toBe('right');
  expect(publishedCount()).toBe(0);
});

test('without the database, attempts fail with unavailable, so that a wrong password cannot be recognized', async () => {
  const { throttles, goDown } = setUp(1);
  goDown();
  expect(await attempt(throttles[0], { password: 'a guess' })).toBe('unavailable');
  expect(await attempt(throttles[0], { password: 'right', right: true })).toBe('unavailable');
});

test('an unlocked user is unlocked at all processes, although no message says so', async () => {
  let unlockedAt: number | null = null;
  const read: string[] = [];
  const { throttles, clock } = setUp(2, async (account) => {
    read.push(account);
    return unlockedAt;
  });
  for (let at = 0; at < 12; at++) await attempt(throttles[at % 2], { password: `guess ${at}` });
  expect(await attempt(throttles[1], { password: 'x' })).toBe('too_many_attempts');
  clock.advance(5);
  unlockedAt = Math.floor(clock() / 1000);
  clock.advance(5);
  expect(await attempt(throttles[0], { password: 'one more', unlockedAt })).toBe('wrong');
  // The other process has counted that wrong password too, and none of those before the user was unlocked.
  for (let at = 0; at < 9; at++)
    expect(await attempt(throttles[1], { password: `again ${at}`, unlockedAt })).toBe('wrong');
  expect(await attempt(throttles[1], { password: 'y', unlockedAt })).toBe('too_many_attempts');
  expect(new Set(read)).toEqual(new Set(['alice']));
});

test('if the user cannot be read, the attempt counts', async () => {
  const { throttles } = setUp(2, () => Promise.reject(new Error('the database is down')));
  for (let at = 0; at < 10; at++) await attempt(throttles[0], { password: `guess ${at}` });
  expect(await attempt(throttles[1], { password: 'x' })).toBe('too_many_attempts');
});

test('rejected secrets without a user name count at all processes, and only against their address', async () => {
  const { throttles } = setUp();
  const reject = async (number: number, address: string): Promise<string> => {
    const rejected = throttles[number % 4]?.reject(address, new Secret(`jwt ${number}`));
    return (await rejected?.catch((error: unknown) => (error as { code: string }).code)) ?? 'rejected';
  };
  const answers: string[] = [];
  for (let number = 0; number < 61; number++) answers.push(await reject(number, '192.0.2.1'));
  expect([count(answers, 'rejected'), answers.at(-1)]).toEqual([60, 'too_many_attempts']);
  expect(await attempt(throttles[2], { password: 'x', right: true })).toBe('too_many_attempts');
  expect(await attempt(throttles[2], { password: 'x', right: true, address: '192.0.2.2' })).toBe('right');
  expect(await reject(61, '192.0.2.3')).toBe('rejected');
});
