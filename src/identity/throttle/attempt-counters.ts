import type { Clock } from '../../clock.ts';
import { createLru } from '../../cache/lru.ts';

/** How many wrong passwords are free, and how long the next has to wait: a second, doubled with each, up to `longest`. */
interface Limit {
  readonly free: number;
  /** Seconds. */
  readonly longest: number;
  /** Seconds without a wrong password after which all are forgotten. */
  readonly forget: number;
}

/** One login by docker may be two or three requests; an office behind one address mistypes more than a person. */
const limits = {
  pair: { free: 10, longest: 900, forget: 3600 },
  account: { free: 20, longest: 300, forget: 3600 },
  address: { free: 60, longest: 300, forget: 900 },
} as const satisfies Record<string, Limit>;
/** So many others may be being checked where all is quiet: in an office many log in at once. */
const quiet = { pair: 0, account: 0, address: 15 } as const satisfies Record<keyof typeof limits, number>;

/**
 * Accounts, addresses and pairs held at once, each; the longest unused is forgotten first. To push a counter out, an
 * attacker needs hundreds of addresses and this many guesses at others, for each guess that it wins.
 */
const capacity = 20_000;
/** Seconds for which an address from which a user logged in is not held up by guesses from elsewhere. */
const familiarFor = 30 * 24 * 60 * 60;
/** A client that goes on with an old password makes no new guess. So many are let pass; each still costs its hash. */
const freeRepeats = 100;
/** Seconds after which a guess that another process began counts no more: that process died over it. */
const longestCheck = 60;

/** A guess as it is counted; nothing in it tells the password. */
export interface CountedAttempt {
  /** Address, an IPv6's /64. */
  readonly from: string;
  readonly account: string;
  /** The same for the same password. */
  readonly fingerprint: string;
  /** Seconds since the epoch; what was counted before is forgotten. */
  readonly unlockedAt: number;
  /** Did the user log in from there lately? Then only the pair counts. */
  readonly familiar: boolean;
}

export type Outcome = 'right' | 'wrong' | 'unanswered';

/** The same guesses in the same order lead to the same state. */
export interface AttemptCounters {
  /** Seconds to wait for this guess; 0: it may be checked. */
  secondsToWait(guess: CountedAttempt): number;
  /** Has nothing been counted against it, and is hardly anything else being checked? */
  isQuiet(guess: CountedAttempt): boolean;
  /** It counts while it is being checked, so that a thousand guesses at once are no way around. */
  begin(guess: CountedAttempt): void;
  end(guess: CountedAttempt, outcome: Outcome): void;
  isFamiliar(from: string, account: string): boolean;
  /** Familiar, with no wrong guess there since, and none being checked. */
  trusts(from: string, account: string): boolean;
  becomeFamiliar(from: string, account: string): void;
  /** How much is remembered, in entries. */
  size(): number;
}

interface Counter {
  readonly kind: keyof typeof limits;
  readonly name: string;
  wrong: number;
  /** Milliseconds since the epoch of the last wrong one. */
  last: number;
  /** Guesses being checked, by fingerprint: the same one twice is one guess. */
  readonly running: Map<string, { times: number; until: number }>;
  /** The last wrong one, and how often it came again. */
  lastGuess: string;
  repeats: number;
}

export function createAttemptCounters(clock: Clock): AttemptCounters {
  const counters = {
    pair: createLru<Counter>(capacity),
    account: createLru<Counter>(capacity),
    address: createLru<Counter>(capacity),
  };
  const familiar = createLru<number>(capacity);

  /** A counter that counts nothing yet is put into the map with the first guess that is let through. */
  const counterOf = (kind: keyof typeof limits, name: string, unlockedAt: number): Counter => {
    const known = counters[kind].get(name);
    if (known === undefined)
      return { kind, name, wrong: 0, last: 0, running: new Map(), lastGuess: '', repeats: 0 };
    const isOver = clock() - known.last >= limits[kind].forget * 1000;
    // An address is not unlocked with a user: its guesses may have been at others.
    const isUnlocked = kind !== 'address' && known.last < (unlockedAt + 1) * 1000;
    if (isOver || isUnlocked) known.wrong = known.repeats = 0;
    for (const [fingerprint, { until }] of known.running)
      if (until <= clock()) known.running.delete(fingerprint);
    return known;
  };
  const pairOf = (guess: CountedAttempt): Counter =>
    counterOf('pair', `${guess.from} ${guess.account}`, guess.unlockedAt);
  const allOf = (guess: CountedAttempt): [Counter, ...Counter[]] => [
    pairOf(guess),
    counterOf('account', guess.account, guess.unlockedAt),
    counterOf('address', guess.from, guess.unlockedAt),
  ];
  const leave = (counter: Counter, fingerprint: string): void => {
    const { kind, name, running, wrong } = counter;
    const one = running.get(fingerprint);
    if (one !== undefined && one.times > 1) one.times--;
    else running.delete(fingerprint);
    // What counts nothing takes no place. It may have been pushed out, and another put there.
    if (wrong === 0 && running.size === 0 && counters[kind].get(name) === counter)
      counters[kind].delete(name);
  };

  const isFamiliar = (pair: string): boolean =>
    clock() - (familiar.get(pair) ?? -Infinity) < familiarFor * 1000;

  return {
    size: () => familiar.size + counters.pair.size + counters.account.size + counters.address.size,
    // The longest wait of all decides: which of them it was is not told.
    secondsToWait: (guess) => {
      const counted = guess.familiar ? [pairOf(guess)] : allOf(guess);
      return Math.max(...counted.map((counter) => secondsToWait(counter, guess.fingerprint, clock())));
    },
    isQuiet: (guess) =>
      allOf(guess).every(({ kind, wrong, running }) => {
        const others = running.size - (running.has(guess.fingerprint) ? 1 : 0);
        return wrong === 0 && others <= quiet[kind];
      }),
    begin: (guess) => {
      for (const counter of allOf(guess)) {
        const times = (counter.running.get(guess.fingerprint)?.times ?? 0) + 1;
        counter.running.set(guess.fingerprint, { times, until: clock() + longestCheck * 1000 });
        counters[counter.kind].set(counter.name, counter);
      }
    },
    end: (guess, outcome) => {
      const { fingerprint } = guess;
      const all = allOf(guess);
      const [own] = all;
      if (outcome === 'right') own.wrong = own.repeats = 0;
      if (outcome === 'wrong') {
        const isRepeat = own.wrong > 0 && own.lastGuess === fingerprint;
        if (isRepeat && own.repeats < freeRepeats) own.repeats++;
        // Past the free repeats, a client with an old password holds up itself and nobody else.
        else for (const counter of isRepeat ? [own] : all) countWrong(counter, fingerprint, clock());
        for (const counter of all) if (counter.wrong > 0) counters[counter.kind].set(counter.name, counter);
      }
      for (const counter of all) leave(counter, fingerprint);
    },
    isFamiliar: (from, account) => isFamiliar(`${from} ${account}`),
    trusts: (from, account) => {
      const pair = `${from} ${account}`;
      return isFamiliar(pair) && counters.pair.get(pair) === undefined;
    },
    becomeFamiliar: (from, account) => familiar.set(`${from} ${account}`, clock()),
  };
}

function secondsToWait(counter: Counter, fingerprint: string, now: number): number {
  const { wrong, last, running } = counter;
  const limit: Limit = limits[counter.kind];
  const beyond = wrong - limit.free;
  const delay = beyond < 0 ? 0 : Math.min(limit.longest, 2 ** beyond);
  const left = Math.ceil((last + delay * 1000 - now) / 1000);
  if (left > 0) return left;
  // Each guess that is being checked may turn out wrong: no more of them than there are wrong ones left.
  const room = Math.max(1, limit.free - wrong);
  return running.size >= room && !running.has(fingerprint) ? 1 : 0;
}

function countWrong(counter: Counter, fingerprint: string, now: number): void {
  counter.wrong++;
  counter.last = now;
  if (counter.lastGuess !== fingerprint) counter.repeats = 0;
  counter.lastGuess = fingerprint;
}
