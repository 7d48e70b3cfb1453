import type { Clock } from '../../clock.ts';
import { createLru } from '../../cache/lru.ts';

/**
 * After `free` wrong passwords, the next login attempt must wait for one second. The wait doubles with each further
 * wrong password, up to `longest`.
 */
interface Limit {
  readonly free: number;
  /** Seconds. */
  readonly longest: number;
  /** After this many seconds without a wrong password, the counter starts again at zero. */
  readonly forget: number;
}

/**
 * The limits leave room for honest mistakes. One `docker login` can send two or three requests, and many people in an
 * office share one address.
 */
const limits = {
  /** One address that tries one account. */
  pair: { free: 10, longest: 900, forget: 3600 },
  /** All addresses that try one account. */
  account: { free: 20, longest: 300, forget: 3600 },
  /** One address that tries many accounts. */
  address: { free: 60, longest: 300, forget: 900 },
} as const satisfies Record<string, Limit>;
/**
 * An attempt is unsuspicious only if at most this many other attempts are being checked. In an office, several people
 * log in from one address at the same time.
 */
const maxOtherChecks = { pair: 0, account: 0, address: 15 } as const satisfies Record<
  keyof typeof limits,
  number
>;

/**
 * The largest number of counters of each kind. The least recently used one is removed first. To remove one counter and
 * so win one more attempt, an attacker needs hundreds of addresses and this many attempts at other accounts.
 */
const capacity = 20_000;
/** Seconds for which an address counts as known after the user logged in from it. */
const knownAddressLifetime = 30 * 24 * 60 * 60;
/**
 * A client that keeps sending an old password learns nothing from it. This many repeats of the same wrong password are
 * not counted. Each of them still costs a hash.
 */
const freeRepeats = 100;
/** Seconds after which an unfinished attempt of another process no longer counts, because that process has crashed. */
const longestCheck = 60;

/** A login attempt in the form that the counters need. It does not reveal the password. */
export interface CountedAttempt {
  /** The client's IPv4 address, or the /64 prefix of its IPv6 address. */
  readonly addressPrefix: string;
  readonly account: string;
  /** Equal for equal passwords of one account. */
  readonly fingerprint: string;
  /** Seconds since the epoch. Wrong passwords before this time do not count. -1 if the user was never unlocked. */
  readonly unlockedAt: number;
  /** True if the user has logged in from this address recently. Then only the counter of the pair limits it. */
  readonly isKnownAddress: boolean;
}

/** `unanswered` if the check failed with an error. */
export type Outcome = 'right' | 'wrong' | 'unanswered';

/**
 * Counts wrong passwords by account, by address, and by the pair of both. The counters are deterministic: if two
 * processes receive the same calls in the same order, they reach the same state.
 */
export interface AttemptCounters {
  /** The seconds to wait before this attempt may be checked. 0 if it may be checked now. */
  secondsToWait(attempt: CountedAttempt): number;
  /** True if no wrong password is counted against this attempt, and few other attempts are being checked. */
  isUnsuspicious(attempt: CountedAttempt): boolean;
  /** Counts an attempt from the start of its check. Many attempts at once are therefore limited too. */
  begin(attempt: CountedAttempt): void;
  end(attempt: CountedAttempt, outcome: Outcome): void;
  /** True if the user has logged in from this address within the last 30 days. */
  isKnownAddress(addressPrefix: string, account: string): boolean;
  /** True if the address is known, no wrong password has come from it since, and no attempt is being checked. */
  trusts(addressPrefix: string, account: string): boolean;
  addKnownAddress(addressPrefix: string, account: string): void;
  /** The number of entries in memory. */
  entryCount(): number;
}

interface Counter {
  readonly kind: keyof typeof limits;
  readonly name: string;
  wrongCount: number;
  /** When the last wrong password came, in milliseconds since the epoch. */
  lastWrongAt: number;
  /** The attempts that are being checked, by fingerprint. Several attempts with one password count as one. */
  readonly running: Map<string, { times: number; until: number }>;
  /** The fingerprint of the last wrong password. */
  lastFingerprint: string;
  /** How often the last wrong password was repeated. */
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
    // Unlocking a user does not reset an address: its wrong passwords may have been for other accounts.
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
    // Remove a counter that counts nothing, to save memory. If the cache has dropped it and a new counter has taken its
    // name, the new one stays.
    if (wrongCount === 0 && running.size === 0 && counters[kind].get(name) === counter)
      counters[kind].delete(name);
  };

  const isKnown = (pair: string): boolean =>
    clock() - (knownAddresses.get(pair) ?? -Infinity) < knownAddressLifetime * 1000;

  return {
    entryCount: () =>
      knownAddresses.size + counters.pair.size + counters.account.size + counters.address.size,
    // The longest wait counts. The answer does not tell which of the counters caused it.
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
        // After the free repeats, a client with an old password slows down only itself: its repeats count for the pair,
        // not for the account and the address.
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
  // Each attempt that is being checked may turn out to be wrong. So at most as many run at once as free ones are left.
  const room = Math.max(1, limit.free - wrongCount);
  return running.size >= room && !running.has(fingerprint) ? 1 : 0;
}

function countWrong(counter: Counter, fingerprint: string, now: number): void {
  counter.wrongCount++;
  counter.lastWrongAt = now;
  if (counter.lastFingerprint !== fingerprint) counter.repeatCount = 0;
  counter.lastFingerprint = fingerprint;
}
