import type { Clock } from '../../clock.ts';
import { createLru } from '../../cache/lru.ts';

/**
 * The limits of one kind of counter. After `free` wrong passwords, the next login attempt must wait for one second. The
 * wait doubles with each further wrong password, up to `longest`.
 */
interface Limit {
  readonly free: number;
  /** The longest time that a login attempt must wait, in seconds. */
  readonly longest: number;
  /** After this many seconds without a wrong password, the counter starts again at zero. */
  readonly forget: number;
}

/**
 * The limits for login attempts. They leave room for honest mistakes: one `docker login` can send two or three
 * requests, and many people in an office share one address.
 */
const limits = {
  /** The limit for login attempts from one address to one account. */
  pair: { free: 10, longest: 900, forget: 3600 },
  /** The limit for login attempts from all addresses together to one account. */
  account: { free: 20, longest: 300, forget: 3600 },
  /** The limit for login attempts from one address to all accounts together. */
  address: { free: 60, longest: 300, forget: 900 },
} as const satisfies Record<string, Limit>;
/**
 * The limits that `isUnsuspicious` applies to a login attempt: how many other attempts may be checked at the same time.
 * `pair` is the limit for attempts from the same address to the same account, `account` is the limit for attempts from
 * all addresses to the same account, and `address` is the limit for attempts from the same address to all accounts. The
 * limit for `address` is larger, because several people in an office log in from one address at the same time.
 */
const maxOtherChecks = { pair: 0, account: 0, address: 15 } as const satisfies Record<
  keyof typeof limits,
  number
>;

/**
 * The largest number of counters of each kind. To stay below this number, dockpass removes counters that were not used
 * recently. If the counters of an account are removed, clients no longer have to wait before they try to log in to this
 * account. An attacker can cause this only with hundreds of addresses and at least 10,000 attempts at other accounts.
 */
const capacity = 20_000;
/** How long an address counts as known for a user after the user has logged in from it, in seconds. */
const knownAddressLifetime = 30 * 24 * 60 * 60;
/**
 * The number of repeats of the same wrong password that are not counted. A client that keeps sending an old password
 * learns nothing from the repeats. But dockpass must check the password again for each repeat, which takes much CPU
 * time. Therefore further repeats are counted.
 */
const freeRepeats = 100;
/**
 * The number of seconds after which an unfinished attempt no longer counts. No check takes that long, so the process
 * that began the attempt must have crashed.
 */
const longestCheck = 60;

/** A login attempt in the form that the counters need. It does not reveal the password. */
export interface CountedAttempt {
  /** The client's IPv4 address, or the /64 prefix of its IPv6 address. */
  readonly addressPrefix: string;
  readonly account: string;
  /** A keyed hash of the account and the password. It is equal for equal passwords of one account. */
  readonly fingerprint: string;
  /**
   * The time when the user was last unlocked, in seconds since the epoch, or -1 if the user was never unlocked. Wrong
   * passwords before this time do not count.
   */
  readonly unlockedAt: number;
  /**
   * True if the user has logged in from this address recently. If so, only the counter for the pair of this address and
   * this account limits the attempt.
   */
  readonly isKnownAddress: boolean;
}

/** The result of a password check. `unanswered` means that the check failed with an error. */
export type Outcome = 'right' | 'wrong' | 'unanswered';

/**
 * Counts wrong passwords for each account, for each address, and for each pair of an address and an account. The
 * counters are deterministic: if two processes receive the same calls in the same order, they reach the same state.
 */
export interface AttemptCounters {
  /** Returns how many seconds the client must wait before this attempt may be checked: 0 if it may be checked now. */
  secondsToWait(attempt: CountedAttempt): number;
  /**
   * Returns true if no wrong password is counted for the account or the address of this attempt, and only few other
   * attempts for the same account or address are being checked. `maxOtherChecks` says how many are allowed.
   */
  isUnsuspicious(attempt: CountedAttempt): boolean;
  /**
   * Counts an attempt as soon as its check begins, so that a client cannot bypass the limits with many attempts at the
   * same time.
   */
  begin(attempt: CountedAttempt): void;
  end(attempt: CountedAttempt, outcome: Outcome): void;
  /** Returns true if the user has logged in from this address within the last 30 days. */
  isKnownAddress(addressPrefix: string, account: string): boolean;
  /**
   * Returns true if the user has logged in from this address within the last 30 days, and no counter exists for the
   * pair of this address and this account. Such a counter exists while attempts are being checked and after wrong
   * passwords.
   */
  trusts(addressPrefix: string, account: string): boolean;
  addKnownAddress(addressPrefix: string, account: string): void;
  /** Returns the number of counters plus the number of known addresses in memory. */
  entryCount(): number;
}

interface Counter {
  readonly kind: keyof typeof limits;
  readonly name: string;
  wrongCount: number;
  /** The time when the last wrong password was received, in milliseconds since the epoch. */
  lastWrongAt: number;
  /**
   * The attempts that are being checked. The key is the `fingerprint` of the attempt, so several attempts with the same
   * account and password count as one.
   */
  readonly running: Map<string, { times: number; until: number }>;
  /** The `fingerprint` of the last attempt with a wrong password. */
  lastFingerprint: string;
  /**
   * The number of free repeats of the last wrong password. `wrongCount` does not include them. At most `freeRepeats`.
   */
  repeatCount: number;
}

export function createAttemptCounters(clock: Clock): AttemptCounters {
  const counters = {
    pair: createLru<Counter>(capacity),
    account: createLru<Counter>(capacity),
    address: createLru<Counter>(capacity),
  };
  const knownAddresses = createLru<number>(capacity);

  /** Returns the stored counter, or a new one. A new counter is stored only when an attempt begins. */
  const counterOf = (kind: keyof typeof limits, name: string, unlockedAt: number): Counter => {
    const stored = counters[kind].get(name);
    if (stored === undefined)
      return {
        kind,
        name,
        wrongCount: 0,
        lastWrongAt: 0,
        running: new Map(),
        lastFingerprint: '',
        repeatCount: 0,
      };
    const isOver = clock() - stored.lastWrongAt >= limits[kind].forget * 1000;
    // Unlocking a user does not reset the counter of an address, because wrong passwords from that address may have
    // been for other accounts.
    const isUnlocked = kind !== 'address' && stored.lastWrongAt < (unlockedAt + 1) * 1000;
    if (isOver || isUnlocked) stored.wrongCount = stored.repeatCount = 0;
    for (const [fingerprint, { until }] of stored.running)
      if (until <= clock()) stored.running.delete(fingerprint);
    return stored;
  };
  const pairOf = (attempt: CountedAttempt): Counter =>
    counterOf('pair', pairName(attempt.addressPrefix, attempt.account), attempt.unlockedAt);
  const allOf = (attempt: CountedAttempt): [Counter, ...Counter[]] => [
    pairOf(attempt),
    counterOf('account', attempt.account, attempt.unlockedAt),
    counterOf('address', attempt.addressPrefix, attempt.unlockedAt),
  ];
  const leave = (counter: Counter, fingerprint: string): void => {
    const { kind, name, running, wrongCount } = counter;
    const check = running.get(fingerprint);
    if (check !== undefined && check.times > 1) check.times--;
    else running.delete(fingerprint);
    // To save memory, remove the counter from the cache when it has no wrong passwords and no running checks. The cache
    // may have dropped this counter earlier and may now contain a newer counter with the same name. The newer counter
    // must stay in the cache.
    if (wrongCount === 0 && running.size === 0 && counters[kind].get(name) === counter)
      counters[kind].delete(name);
  };

  const isKnown = (pair: string): boolean =>
    clock() - (knownAddresses.get(pair) ?? -Infinity) < knownAddressLifetime * 1000;

  return {
    entryCount: () =>
      knownAddresses.size + counters.pair.size + counters.account.size + counters.address.size,
    // The longest wait of all counters applies. The result does not reveal which counter caused the wait.
    secondsToWait: (attempt) => {
      const counted = attempt.isKnownAddress ? [pairOf(attempt)] : allOf(attempt);
      return Math.max(...counted.map((counter) => secondsToWait(counter, attempt.fingerprint, clock())));
    },
    isUnsuspicious: (attempt) =>
      allOf(attempt).every(({ kind, wrongCount, running }) => {
        const others = running.size - (running.has(attempt.fingerprint) ? 1 : 0);
        return wrongCount === 0 && others <= maxOtherChecks[kind];
      }),
    begin: (attempt) => {
      for (const counter of allOf(attempt)) {
        const times = (counter.running.get(attempt.fingerprint)?.times ?? 0) + 1;
        counter.running.set(attempt.fingerprint, { times, until: clock() + longestCheck * 1000 });
        counters[counter.kind].set(counter.name, counter);
      }
    },
    end: (attempt, outcome) => {
      const { fingerprint } = attempt;
      const all = allOf(attempt);
      const [pair] = all;
      if (outcome === 'right') pair.wrongCount = pair.repeatCount = 0;
      if (outcome === 'wrong') {
        const isRepeat = pair.wrongCount > 0 && pair.lastFingerprint === fingerprint;
        if (isRepeat && pair.repeatCount < freeRepeats) pair.repeatCount++;
        // After the free repeats, each further repeat counts only for the pair of address and account, not for the
        // account or the address alone. So a client with an old password slows down only itself.
        else for (const counter of isRepeat ? [pair] : all) countWrong(counter, fingerprint, clock());
        for (const counter of all)
          if (counter.wrongCount > 0) counters[counter.kind].set(counter.name, counter);
      }
      for (const counter of all) leave(counter, fingerprint);
    },
    isKnownAddress: (addressPrefix, account) => isKnown(pairName(addressPrefix, account)),
    trusts: (addressPrefix, account) => {
      const pair = pairName(addressPrefix, account);
      return isKnown(pair) && counters.pair.get(pair) === undefined;
    },
    addKnownAddress: (addressPrefix, account) =>
      knownAddresses.set(pairName(addressPrefix, account), clock()),
  };
}

function pairName(addressPrefix: string, account: string): string {
  return `${addressPrefix} ${account}`;
}

function secondsToWait(counter: Counter, fingerprint: string, now: number): number {
  const { wrongCount, lastWrongAt, running } = counter;
  const limit: Limit = limits[counter.kind];
  const beyond = wrongCount - limit.free;
  const delay = beyond < 0 ? 0 : Math.min(limit.longest, 2 ** beyond);
  const left = Math.ceil((lastWrongAt + delay * 1000 - now) / 1000);
  if (left > 0) return left;
  // Each attempt that is being checked may have a wrong password. So the number of attempts that are checked at the
  // same time is limited to the number of wrong passwords that are still allowed before a wait begins.
  const room = Math.max(1, limit.free - wrongCount);
  return running.size >= room && !running.has(fingerprint) ? 1 : 0;
}

function countWrong(counter: Counter, fingerprint: string, now: number): void {
  counter.wrongCount++;
  counter.lastWrongAt = now;
  if (counter.lastFingerprint !== fingerprint) counter.repeatCount = 0;
  counter.lastFingerprint = fingerprint;
}
