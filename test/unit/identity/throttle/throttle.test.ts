import { describe, expect, test } from 'vitest';
import { addressPrefix } from '../../../../src/net/address-prefix.ts';
import { createLru } from '../../../../src/cache/lru.ts';
import { Secret } from '../../../../src/secret.ts';
import { createThrottle, type Throttle } from '../../../../src/identity/throttle/throttle.ts';
import { fakeClock, type FakeClock } from '../../../support/dockpass/issuer.ts';

interface Try {
  readonly name?: string;
  readonly address?: string;
  readonly password?: string;
  readonly right?: boolean;
  readonly unlockedAt?: number;
}

/** Returns `right`, `wrong`, or the number of seconds to wait. */
async function attempt(throttle: Throttle, { right = false, ...given }: Try): Promise<string | number> {
  const guess = {
    name: given.name ?? 'alice',
    address: given.address ?? '192.0.2.1',
    password: new Secret(given.password ?? 'guess'),
    unlockedAt: given.unlockedAt ?? null,
  };
  try {
    return (await throttle.attempt(
      guess,
      async () => right,
      (verdict) => verdict,
    ))
      ? 'right'
      : 'wrong';
  } catch (error) {
    expect(error).toMatchObject({ code: 'too_many_attempts' });
    return (error as { retryAfter: number }).retryAfter;
  }
}

function setUp(): { throttle: Throttle; clock: FakeClock } {
  const clock = fakeClock();
  return { throttle: createThrottle(clock), clock };
}

/** Tries different wrong passwords, one after the other. Returns the results. */
async function tryWrong(throttle: Throttle, count: number, given: Try = {}): Promise<(string | number)[]> {
  const answers: (string | number)[] = [];
  for (let at = 0; at < count; at++)
    answers.push(await attempt(throttle, { password: `guess ${at}`, ...given }));
  return answers;
}

const lastOf = <Item>(items: readonly Item[]): Item | undefined => items.at(-1);

describe('trusted addresses', () => {
  test('an address is trusted after a login, until a wrong password comes from it or it is 31 days old', async () => {
    const { throttle, clock } = setUp();
    const trusted = () => ['192.0.2.1', '192.0.2.2'].map((address) => throttle.trusts('alice', address));
    expect(trusted()).toEqual([false, false]);
    await attempt(throttle, { right: true });
    expect(trusted()).toEqual([true, false]);
    await attempt(throttle, { password: 'wrong' });
    expect(trusted()).toEqual([false, false]);
    await attempt(throttle, { right: true });
    expect(trusted()).toEqual([true, false]);
    clock.advance(31 * 24 * 60 * 60);
    expect(trusted()).toEqual([false, false]);
  });

  test('an address is not trusted while an attempt from it is being checked', async () => {
    const { throttle } = setUp();
    await attempt(throttle, { right: true });
    const guess = { name: 'alice', address: '192.0.2.1', password: new Secret('x'), unlockedAt: null };
    let during: boolean | undefined;
    const check = async (): Promise<boolean> => ((during = throttle.trusts('alice', '192.0.2.1')), false);
    await throttle.attempt(guess, check, (verdict) => verdict);
    expect(during).toBe(false);
  });
});

describe('wrong passwords from one address for one account', () => {
  test('ten attempts need no wait, then the wait doubles each time, up to 15 minutes', async () => {
    const { throttle, clock } = setUp();
    expect(await tryWrong(throttle, 10)).toEqual(Array(10).fill('wrong'));
    const waits: unknown[] = [];
    for (let round = 0; round < 12; round++) {
      const wait = await attempt(throttle, { password: `more ${round}` });
      waits.push(wait);
      clock.advance(Number(wait));
      expect(await attempt(throttle, { password: `more ${round}` })).toBe('wrong');
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  test('of 1,000 attempts at once, only 10 reach the password check', async () => {
    const { throttle } = setUp();
    let checked = 0;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const answers = Array.from({ length: 1000 }, (_, at) =>
      throttle.attempt(
        { name: 'alice', address: '192.0.2.1', password: new Secret(`guess ${at}`), unlockedAt: null },
        async () => {
          checked++;
          await held;
          return false;
        },
        (verdict) => verdict,
      ),
    );
    const settled = Promise.allSettled(answers);
    release();
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(990);
    expect(checked).toBe(10);
  });

  test('the limit is the same for a name that does not exist', async () => {
    const [known, unknown] = [setUp().throttle, setUp().throttle];
    expect(await tryWrong(known, 12, { name: 'alice' })).toEqual(
      await tryWrong(unknown, 12, { name: 'nobody-here' }),
    );
  });

  test('the error tells neither how many attempts are left nor what was counted', async () => {
    const { throttle } = setUp();
    await tryWrong(throttle, 10);
    const guess = { name: 'alice', address: '192.0.2.1', password: new Secret('x'), unlockedAt: null };
    await expect(throttle.attempt(guess, async () => true, Boolean)).rejects.toThrow(
      /^too many wrong passwords: wait 1 s, then log in again; access tokens still work$/,
    );
  });

  test('a correct password resets the counter', async () => {
    const { throttle } = setUp();
    await tryWrong(throttle, 9);
    expect(await attempt(throttle, { right: true })).toBe('right');
    expect(await tryWrong(throttle, 10)).toEqual(Array(10).fill('wrong'));
  });

  test('the counter is reset after an hour without attempts', async () => {
    const { throttle, clock } = setUp();
    await tryWrong(throttle, 10);
    clock.advance(3600);
    expect(await tryWrong(throttle, 10)).toEqual(Array(10).fill('wrong'));
  });

  test('a password check that fails does not count as a wrong password', async () => {
    const { throttle } = setUp();
    const guess = { name: 'alice', address: '192.0.2.1', password: new Secret('x'), unlockedAt: null };
    for (let at = 0; at < 50; at++) {
      const failing = throttle.attempt(guess, () => Promise.reject(new Error('disk')), Boolean);
      await expect(failing).rejects.toThrow('disk');
    }
    expect(await attempt(throttle, {})).toBe('wrong');
  });

  test('after an unlock, only later wrong passwords count', async () => {
    const { throttle, clock } = setUp();
    await tryWrong(throttle, 12);
    const unlockedAt = Math.floor(clock() / 1000);
    clock.advance(2);
    expect(await tryWrong(throttle, 10, { unlockedAt })).toEqual(Array(10).fill('wrong'));
    expect(await attempt(throttle, { unlockedAt, password: 'more' })).toBe(1);
  });
});

describe('wrong passwords from many addresses for one account', () => {
  const from = (at: number): string => `198.51.100.${at}`;

  test('after 20 attempts, the next one has to wait, even from a new address', async () => {
    const { throttle } = setUp();
    for (let at = 0; at < 20; at++)
      expect(await attempt(throttle, { address: from(at), password: `guess ${at}` })).toBe('wrong');
    expect(await attempt(throttle, { address: from(99), password: 'another' })).toBe(1);
  });

  test('a user at a known address does not have to wait', async () => {
    const { throttle } = setUp();
    expect(await attempt(throttle, { right: true })).toBe('right');
    for (let at = 0; at < 200; at++) await attempt(throttle, { address: from(at), password: `guess ${at}` });
    expect(await attempt(throttle, { address: from(250), right: true })).toBeTypeOf('number');
    expect(await attempt(throttle, { right: true })).toBe('right');
  });

  test('attempts from a known address are limited too', async () => {
    const { throttle } = setUp();
    await attempt(throttle, { right: true });
    expect(lastOf(await tryWrong(throttle, 11))).toBe(1);
  });
});

describe('wrong passwords from one address for many accounts', () => {
  test('51: of 10,000 user names, only 60 reach the password check', async () => {
    const { throttle } = setUp();
    const answers: (string | number)[] = [];
    for (let at = 0; at < 10_000; at++) answers.push(await attempt(throttle, { name: `user${at}` }));
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(60);
    expect(lastOf(answers)).toBe(1);
  });

  test('a user who has logged in from this address before does not have to wait', async () => {
    const { throttle } = setUp();
    await attempt(throttle, { name: 'bob', right: true });
    for (let at = 0; at < 100; at++) await attempt(throttle, { name: `user${at}` });
    expect(await attempt(throttle, { name: 'carol', right: true })).toBe(1);
    expect(await attempt(throttle, { name: 'bob', right: true })).toBe('right');
  });

  test('an IPv6 network with a 64-bit prefix counts as one address', async () => {
    const { throttle } = setUp();
    for (let at = 0; at < 60; at++)
      await attempt(throttle, { name: `user${at}`, address: `2001:db8:0:1::${at.toString(16)}` });
    expect(await attempt(throttle, { address: '2001:db8:0:1:ffff::1', name: 'dave' })).toBe(1);
    expect(await attempt(throttle, { address: '2001:db8:0:2::1', name: 'dave' })).toBe('wrong');
  });
});

describe('a client that keeps sending an old password', () => {
  test('counts as one attempt, even if it sends the password 100 times', async () => {
    const { throttle } = setUp();
    const answers: unknown[] = [];
    for (let at = 0; at < 100; at++) answers.push(await attempt(throttle, { password: 'last year' }));
    expect(answers).toEqual(Array(100).fill('wrong'));
    expect(await attempt(throttle, { password: 'this year', right: true })).toBe('right');
  });

  test('has to wait in the end, but other users and other addresses do not', async () => {
    const { throttle } = setUp();
    const answers: unknown[] = [];
    for (let at = 0; at < 120; at++) answers.push(await attempt(throttle, { password: 'last year' }));
    expect(lastOf(answers)).toBeTypeOf('number');
    expect(await attempt(throttle, { name: 'bob', right: true })).toBe('right');
    expect(await attempt(throttle, { address: '192.0.2.77', right: true })).toBe('right');
  });
});

describe('memory', () => {
  test('an LRU keeps used entries and never exceeds its capacity', () => {
    const map = createLru<number>(10);
    map.set('used', 1);
    for (let at = 0; at < 100; at++) {
      map.set(`key ${at}`, at);
      expect(map.get('used')).toBe(1);
      expect(map.size).toBeLessThanOrEqual(10);
    }
    expect(map.get('key 99')).toBe(99);
    expect(map.get('key 0')).toBeUndefined();
    map.delete('used');
    expect(map.get('used')).toBeUndefined();
  });

  test(
    '10^6 distinct names from 10^6 addresses occupy at most 20,000 entries for each kind of counter',
    { timeout: 120_000 },
    async () => {
      const { throttle } = setUp();
      const password = new Secret('x');
      const flood = async (from: number, to: number): Promise<void> => {
        for (let at = from; at < to; at++) {
          const address = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
          const guess = { name: `user${at}`, address, password, unlockedAt: null };
          await throttle.attempt(guess, async () => false, Boolean);
        }
      };
      expect(throttle.entryCount()).toBe(0);
      for (let at = 0; at < 1_000_000; at += 50_000) {
        await flood(at, at + 50_000);
        expect(throttle.entryCount()).toBeLessThanOrEqual(3 * 20_000);
      }
    },
  );

  test('a successful login leaves only its address in memory', async () => {
    const { throttle } = setUp();
    await attempt(throttle, { right: true });
    expect(throttle.entryCount()).toBe(1);
  });
});

describe('addresses', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['', ''],
  ])('%s counts as %s', (address, group) => {
    expect(addressPrefix(address)).toBe(group);
  });
});
