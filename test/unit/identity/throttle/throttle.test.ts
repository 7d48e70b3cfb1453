import { describe, expect, test } from 'vitest';
import { addressPrefix, largerNetworks, networkOf } from '../../../../src/net/address-prefix.ts';
import { createLru } from '../../../../src/cache/lru.ts';
import { Secret } from '../../../../src/secret.ts';
import {
  createAttemptCounters,
  maxCounterCount,
} from '../../../../src/identity/throttle/attempt-counters.ts';
import { createThrottle, type Throttle } from '../../../../src/identity/throttle/throttle.ts';
import { fakeClock, type FakeClock } from '../../../support/dockpass/issuer.ts';

interface Try {
  readonly name?: string;
  readonly address?: string;
  readonly password?: string;
  readonly right?: boolean;
  readonly unlockedAt?: number;
  readonly exists?: boolean;
}

/** One login attempt of alice. */
const guess = {
  name: 'alice',
  address: '192.0.2.1',
  password: new Secret('x'),
  unlockedAt: null,
  accountExists: true,
};

/** Returns `right`, `wrong`, or the number of seconds to wait. */
async function attempt(throttle: Throttle, { right = false, ...given }: Try): Promise<string | number> {
  const login = {
    name: given.name ?? 'alice',
    address: given.address ?? '192.0.2.1',
    password: new Secret(given.password ?? 'guess'),
    unlockedAt: given.unlockedAt ?? null,
    accountExists: given.exists ?? true,
  };
  try {
    return (await throttle.attempt(
      login,
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
        {
          name: 'alice',
          address: '192.0.2.1',
          password: new Secret(`guess ${at}`),
          unlockedAt: null,
          accountExists: true,
        },
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
      await tryWrong(unknown, 12, { name: 'nobody-here', exists: false }),
    );
  });

  test('the error tells neither how many attempts are left nor what was counted', async () => {
    const { throttle } = setUp();
    await tryWrong(throttle, 10);
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

  /** Makes 20 wrong attempts from as many addresses, so that the limit of the account is reached. */
  const exhaust = async (throttle: Throttle): Promise<void> => {
    for (let at = 0; at < 20; at++)
      expect(await attempt(throttle, { address: from(at), password: `guess ${at}` })).toBe('wrong');
  };

  test('after 20 attempts, the next one from each of these addresses has to wait', async () => {
    const { throttle } = setUp();
    await exhaust(throttle);
    for (let at = 0; at < 20; at++)
      expect(await attempt(throttle, { address: from(at), password: 'another' })).toBe(1);
  });

  test('after 20 attempts, one attempt from each new address is checked, and the next one has to wait', async () => {
    const { throttle } = setUp();
    await exhaust(throttle);
    expect(await attempt(throttle, { address: from(99), right: true })).toBe('right');
    expect(await attempt(throttle, { address: from(98), password: 'typing error' })).toBe('wrong');
    expect(await attempt(throttle, { address: from(98), right: true })).toBe(2);
  });

  test('of 100 attempts at once from one new address, one is checked', async () => {
    const { throttle } = setUp();
    await exhaust(throttle);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        attempt(throttle, { address: from(99), password: `at once ${at}` }),
      ),
    );
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(1);
  });

  test('four addresses that never stop cannot lock the user out of a new address', async () => {
    const { throttle, clock } = setUp();
    // The attack goes on for twelve hours. Each address sends a wrong password as soon as it may.
    let checked = 0;
    for (let second = 0; second < 12 * 3600; second += 30) {
      for (let at = 0; at < 4; at++)
        if ((await attempt(throttle, { address: from(at), password: `${at} ${second}` })) === 'wrong')
          checked++;
      if (second % 7200 === 3600)
        expect(await attempt(throttle, { address: `203.0.113.${second / 3600}`, right: true })).toBe('right');
      clock.advance(30);
    }
    // The attackers gain little: 20 attempts, then one in five minutes, and one in 15 minutes for each address.
    expect(checked).toBeLessThan(20 + 12 * (12 + 4 * 4));
  });

  test('a network waits at most 15 minutes after its last wrong password, whatever others do', async () => {
    const { throttle, clock } = setUp();
    await exhaust(throttle);
    expect(await attempt(throttle, { address: from(99), password: 'typing error' })).toBe('wrong');
    for (let second = 0; second < 900; second += 10) {
      // Others keep the limit of the account exhausted.
      await attempt(throttle, { address: `192.0.2.${(second / 10) % 250}`, password: `guess ${second}` });
      expect(await attempt(throttle, { address: from(99), right: true })).toBeTypeOf('number');
      clock.advance(10);
    }
    expect(await attempt(throttle, { address: from(99), right: true })).toBe('right');
  });

  test('all addresses of an IPv6 /48 share one attempt', async () => {
    const { throttle } = setUp();
    await exhaust(throttle);
    expect(await attempt(throttle, { address: '2001:db8:1:1::1', password: 'one' })).toBe('wrong');
    for (const address of ['2001:db8:1:1::2', '2001:db8:1:2::1', '2001:db8:1:ffff::1'])
      expect(await attempt(throttle, { address, password: 'another' })).toBeTypeOf('number');
    expect(await attempt(throttle, { address: '2001:db8:2:1::1', right: true })).toBe('right');
  });

  test('a user at a known address does not have to wait', async () => {
    const { throttle } = setUp();
    expect(await attempt(throttle, { right: true })).toBe('right');
    for (let at = 0; at < 200; at++) await attempt(throttle, { address: from(at), password: `guess ${at}` });
    expect(await attempt(throttle, { address: from(150), right: true })).toBeTypeOf('number');
    expect(await attempt(throttle, { right: true })).toBe('right');
  });

  test('a user who logs in from many addresses does not displace the known addresses of others', async () => {
    const { throttle } = setUp();
    await attempt(throttle, { right: true });
    for (let at = 0; at < 20_000; at++)
      await attempt(throttle, { name: 'mallory', address: `10.1.${at >> 8}.${at & 255}`, right: true });
    expect(throttle.trusts('alice', '192.0.2.1')).toBe(true);
    expect(throttle.trusts('mallory', '10.1.0.0')).toBe(false);
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

  test.each([
    ['/64', 60, (at: number) => `2001:db8:0:1::${at.toString(16)}`, '2001:db8:0:2::1'],
    [
      '/56',
      120,
      (at: number) => `2001:db8:0:1${(at % 64).toString(16).padStart(2, '0')}::1`,
      '2001:db8:0:200::1',
    ],
    ['/48', 240, (at: number) => `2001:db8:0:${((at % 128) * 256 + at).toString(16)}::1`, '2001:db8:1::1'],
  ])('an IPv6 %s counts as one address, with %i attempts', async (_size, free, inside, outside) => {
    const { throttle } = setUp();
    for (let at = 0; at < free; at++)
      expect(await attempt(throttle, { name: `user${at}`, address: inside(at) })).toBe('wrong');
    expect(await attempt(throttle, { name: 'dave', address: inside(free) })).toBe(1);
    expect(await attempt(throttle, { name: 'dave', address: outside })).toBe('wrong');
  });

  test('an IPv6 /48 has 40 attempts for one account, although it has 65,536 /64 networks', async () => {
    const { throttle, clock } = setUp();
    let checked = 0;
    for (let at = 0; at < 2000; at++) {
      const address = `2001:db8:0:${(at * 32).toString(16)}::1`;
      if ((await attempt(throttle, { address, password: `guess ${at}` })) === 'wrong') checked++;
      clock.advance(1);
    }
    expect(checked).toBeLessThanOrEqual(40);
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

  test.each([101, 102, 112, 1000])(
    'after %i times, only this password has to wait, and every other one is checked',
    async (times) => {
      const { throttle } = setUp();
      const answers: unknown[] = [];
      for (let at = 0; at < times; at++) answers.push(await attempt(throttle, { password: 'last year' }));
      expect(answers.slice(0, 101)).toEqual(Array(101).fill('wrong'));
      expect(answers.slice(101)).toEqual(Array(times - 101).fill(1));
      expect(await attempt(throttle, { password: 'last year' })).toBe(1);
      expect(await attempt(throttle, { password: 'typing error' })).toBe('wrong');
      expect(await attempt(throttle, { password: 'this year', right: true })).toBe('right');
      expect(await attempt(throttle, { name: 'bob', password: 'last year' })).toBe('wrong');
      expect(await attempt(throttle, { address: '192.0.2.77', password: 'last year' })).toBe('wrong');
    },
  );

  test('the wait for this password doubles each time, up to 15 minutes, and never ends the wait of a guesser', async () => {
    const { throttle, clock } = setUp();
    for (let at = 0; at < 101; at++) await attempt(throttle, { password: 'last year' });
    const waits: unknown[] = [];
    for (let round = 0; round < 12; round++) {
      const wait = await attempt(throttle, { password: 'last year' });
      waits.push(wait);
      clock.advance(Number(wait));
      expect(await attempt(throttle, { password: 'last year' })).toBe('wrong');
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  test('is checked again after the wait, because the password may be right by then', async () => {
    const { throttle, clock } = setUp();
    for (let at = 0; at < 112; at++) await attempt(throttle, { password: 'set again' });
    clock.advance(1);
    expect(await attempt(throttle, { password: 'set again', right: true })).toBe('right');
    expect(await attempt(throttle, { password: 'set again', right: true })).toBe('right');
  });

  test('never locks out a user who logs in with the right password in between, for a day', async () => {
    const { throttle, clock } = setUp();
    for (let minute = 0; minute < 24 * 60; minute++) {
      await attempt(throttle, { password: 'last year' });
      expect(await attempt(throttle, { right: true })).toBe('right');
      // No one else behind the same address has to wait either.
      if (minute % 60 === 59)
        expect(await attempt(throttle, { name: `user${minute}`, right: true })).toBe('right');
      clock.advance(60);
    }
  });

  test('two clients with two old passwords lock no one out', async () => {
    const { throttle, clock } = setUp();
    for (let minute = 0; minute < 100; minute++) {
      await attempt(throttle, { password: 'last year' });
      await attempt(throttle, { password: 'the year before' });
      clock.advance(60);
    }
    expect(await attempt(throttle, { right: true })).toBe('right');
  });

  test('a guesser who repeats each wrong password is limited like any other', async () => {
    const { throttle } = setUp();
    const checked: string[] = [];
    for (let at = 0; at < 100; at++)
      for (let times = 0; times < 3; times++)
        if ((await attempt(throttle, { password: `guess ${at}` })) === 'wrong') checked.push(`guess ${at}`);
    expect(new Set(checked).size).toBe(10);
  });

  test('after an unlock, the old password counts again', async () => {
    const { throttle, clock } = setUp();
    for (let at = 0; at < 112; at++) await attempt(throttle, { password: 'last year' });
    const unlockedAt = Math.floor(clock() / 1000);
    clock.advance(2);
    expect(await attempt(throttle, { password: 'last year', unlockedAt })).toBe('wrong');
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
    '10^6 distinct names from 10^6 addresses occupy a bounded number of counters, and end no wait of a user',
    { timeout: 900_000 },
    async () => {
      const { throttle } = setUp();
      const password = new Secret('x');
      const flood = async (from: number, to: number): Promise<void> => {
        for (let at = from; at < to; at++) {
          const address = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
          const guess = { name: `user${at}`, address, password, unlockedAt: null, accountExists: false };
          await throttle.attempt(guess, async () => false, Boolean);
        }
      };
      expect(throttle.entryCount()).toBe(0);
      for (let at = 0; at < 30; at++)
        await attempt(throttle, { address: `198.51.100.${at}`, password: `guess ${at}` });
      for (let at = 0; at < 1_000_000; at += 50_000) {
        await flood(at, at + 50_000);
        expect(throttle.entryCount()).toBeLessThanOrEqual(maxCounterCount + 1);
      }
      expect(await attempt(throttle, { password: 'the one of a new network' })).toBe('wrong');
      expect(await attempt(throttle, { password: 'the next one' })).toBe(300);
    },
  );

  test(
    'after attempts for 200,000 other names within 50 minutes, a name that exists and one that does not get the same answers',
    { timeout: 900_000 },
    () => {
      const clock = fakeClock();
      const counters = createAttemptCounters(clock, 'a key');
      const names = [
        { account: 'alice', accountExists: true },
        { account: 'nobody-here', accountExists: false },
      ];
      /** Counts a wrong password from a new address. Returns the attempt. */
      const sendWrong = (at: number, name: { account: string; accountExists: boolean }) => {
        const addressPrefix = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
        const guess = { addressPrefix, fingerprint: `${at}`, unlockedAt: -1, isKnownAddress: false, ...name };
        counters.end(guess, 'wrong');
        return guess;
      };
      /** Counts a wrong password. Returns the wait that the next attempt from the same address has to make. */
      const waitAfterWrong = (at: number, name: { account: string; accountExists: boolean }): number =>
        counters.secondsToWait({ ...sendWrong(at, name), fingerprint: 'the next one' });
      for (let at = 0; at < 19; at++) for (const name of names) expect(waitAfterWrong(at, name)).toBe(0);
      for (let at = 0; at < 200_000; at++) {
        sendWrong(1000 + at, { account: `user${at}`, accountExists: false });
        if (at % 70 === 0) clock.advance(1);
      }
      // The 20th wrong password begins a wait for both.
      for (const name of names) expect(waitAfterWrong(300_000, name)).toBe(1);
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

  test.each([
    ['192.0.2.1', []],
    ['2001:db8:1:2345::', ['2001:db8:1:2300::/56', '2001:db8:1::/48']],
    ['2001:db8:1:45::', ['2001:db8:1:0::/56', '2001:db8:1::/48']],
    ['unknown', []],
    ['', []],
  ])('the larger networks of %s are %j', (address, networks) => {
    expect(largerNetworks(addressPrefix(address))).toEqual(networks);
  });

  test('the network of an IPv4 address is the address, and of an IPv6 address its /48', () => {
    expect(['192.0.2.1', '2001:db8:1:2345::1'].map(networkOf)).toEqual(['192.0.2.1', '2001:db8:1::/48']);
  });
});

describe('a rejected secret without a user name', () => {
  const reject = (throttle: Throttle, number: number, address = '192.0.2.1'): Promise<unknown> =>
    throttle.reject(address, new Secret(`jwt ${number}`)).then(
      () => 'rejected',
      (error: unknown) => (error as { code: string }).code,
    );
  const rejectMany = async (throttle: Throttle, count: number, address?: string): Promise<Set<unknown>> => {
    const answers = new Set<unknown>();
    for (let number = 0; number < count; number++) answers.add(await reject(throttle, number, address));
    return answers;
  };

  test('counts against its address', async () => {
    const { throttle, clock } = setUp();
    expect(await rejectMany(throttle, 60)).toEqual(new Set(['rejected']));
    expect(await reject(throttle, 60)).toBe('too_many_attempts');
    expect(await attempt(throttle, { password: 'other', right: true })).toBeTypeOf('number');
    expect(await attempt(throttle, { address: '192.0.2.2', right: true })).toBe('right');
    clock.advance(900);
    expect(await reject(throttle, 61)).toBe('rejected');
  });

  test('never counts against a user name, from however many addresses it comes', async () => {
    const { throttle } = setUp();
    for (let network = 0; network < 100; network++) await rejectMany(throttle, 10, `10.0.${network}.1`);
    expect(await attempt(throttle, { address: '10.1.0.1', right: true })).toBe('right');
    expect(await reject(throttle, 1, '10.1.0.2')).toBe('rejected');
  });

  test('does not lock out a user who has logged in from the address before', async () => {
    const { throttle } = setUp();
    expect(await attempt(throttle, { right: true })).toBe('right');
    await rejectMany(throttle, 70);
    expect(await attempt(throttle, { right: true })).toBe('right');
  });

  test('counts once if it is repeated', async () => {
    const { throttle } = setUp();
    const answers = [];
    for (let time = 0; time < 100; time++) answers.push(await reject(throttle, 1));
    expect(new Set(answers)).toEqual(new Set(['rejected']));
    expect(await attempt(throttle, { password: 'other', right: true })).toBe('right');
  });
});
