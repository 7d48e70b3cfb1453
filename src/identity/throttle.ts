import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import type { Secret } from './secret.ts';
import { addressGroup } from './address-group.ts';
import { recentMap } from './recent-map.ts';

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

/**
 * Accounts, addresses and pairs held at once, each; the longest unused is forgotten first. To push a counter out, an
 * attacker needs hundreds of addresses and this many guesses at others, for each guess that it wins.
 */
const capacity = 20_000;
/** Seconds for which an address from which a user logged in is not held up by guesses from elsewhere. */
const familiarFor = 30 * 24 * 60 * 60;
/** A client that goes on with an old password makes no new guess. So many are let pass; each still costs its hash. */
const freeRepeats = 100;

export interface Guess {
  /** Canonical. */
  readonly name: string;
  readonly address: string;
  readonly password: Secret;
  /** Seconds since the epoch: what was counted before is forgotten (`dockpass user unlock`). */
  readonly unlockedAt: number | null;
}

/**
 * Makes guessing hopeless, by account, by address and by both: unknown names are counted like known ones, and nothing
 * tells how many attempts are left. Whoever logged in lately from an address is held up by wrong passwords from that
 * very address alone, so nobody can lock a user out from elsewhere.
 */
export interface Throttle {
  /**
   * Runs `check` where the guess is allowed. It counts while it runs, so that a thousand guesses at once are no way
   * around; one that throws does not count.
   * @throws DockpassError `too_many_attempts`, with the seconds to wait
   */
  attempt<Verdict>(
    guess: Guess,
    check: () => Promise<Verdict>,
    isRight: (verdict: Verdict) => boolean,
  ): Promise<Verdict>;
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
  readonly running: Map<string, number>;
  /** The last wrong one, and how often it came again. */
  lastGuess: string;
  repeats: number;
}

export function createThrottle(clock: Clock): Throttle {
  // Under a key that nobody knows, a fingerprint tells nothing of the password, however long it is kept.
  const key = randomBytes(32).toString('base64');
  const counters = {
    pair: recentMap<Counter>(capacity),
    account: recentMap<Counter>(capacity),
    address: recentMap<Counter>(capacity),
  };
  const familiar = recentMap<number>(capacity);

  /** A counter that counts nothing yet is put into the map with the first guess that is let through. */
  const counterOf = (kind: keyof typeof limits, name: string, unlockedAt: number): Counter => {
    const known = counters[kind].get(name);
    if (known === undefined)
      return { kind, name, wrong: 0, last: 0, running: new Map(), lastGuess: '', repeats: 0 };
    const isOver = clock() - known.last >= limits[kind].forget * 1000;
    // An address is not unlocked with a user: its guesses may have been at others.
    const isUnlocked = kind !== 'address' && known.last < (unlockedAt + 1) * 1000;
    if (isOver || isUnlocked) known.wrong = known.repeats = 0;
    return known;
  };
  const begin = (counter: Counter, fingerprint: string): void => {
    counter.running.set(fingerprint, (counter.running.get(fingerprint) ?? 0) + 1);
    counters[counter.kind].set(counter.name, counter);
  };
  const end = (counter: Counter, fingerprint: string): void => {
    const { kind, name, running, wrong } = counter;
    const left = (running.get(fingerprint) ?? 1) - 1;
    if (left > 0) running.set(fingerprint, left);
    else running.delete(fingerprint);
    // What counts nothing takes no place. It may have been pushed out, and another put there.
    if (wrong === 0 && running.size === 0 && counters[kind].get(name) === counter)
      counters[kind].delete(name);
  };

  return {
    size: () => familiar.size + counters.pair.size + counters.account.size + counters.address.size,
    attempt: async ({ name, address, password, unlockedAt }, check, isRight) => {
      const from = addressGroup(address);
      // Names are at most 64 characters: longer ones are nobody's, and must not fill the memory.
      const account = name.slice(0, 65);
      const pair = `${from} ${account}`;
      const fingerprint = hash('sha256', `${key}\0${account}\0${password.reveal()}`, 'base64');
      const unlocked = unlockedAt ?? -1;
      const own = counterOf('pair', pair, unlocked);
      const all = [own, counterOf('account', account, unlocked), counterOf('address', from, unlocked)];
      const isFamiliar = clock() - (familiar.get(pair) ?? -Infinity) < familiarFor * 1000;
      refuseLocked(isFamiliar ? [own] : all, fingerprint, clock());

      for (const counter of all) begin(counter, fingerprint);
      try {
        const verdict = await check();
        if (isRight(verdict)) {
          own.wrong = own.repeats = 0;
          familiar.set(pair, clock());
          return verdict;
        }
        const isRepeat = own.wrong > 0 && own.lastGuess === fingerprint;
        if (isRepeat && own.repeats < freeRepeats) own.repeats++;
        // Past the free repeats, a client with an old password holds up itself and nobody else.
        else for (const counter of isRepeat ? [own] : all) countWrong(counter, fingerprint, clock());
        return verdict;
      } finally {
        for (const counter of all) end(counter, fingerprint);
      }
    },
  };
}

/** The longest wait of all decides: which of them it was is not told. */
function refuseLocked(counters: readonly Counter[], fingerprint: string, now: number): void {
  const wait = Math.max(...counters.map((counter) => secondsToWait(counter, fingerprint, now)));
  if (wait <= 0) return;
  throw new DockpassError(
    'too_many_attempts',
    `too many wrong passwords: wait ${wait} s, then log in again; access tokens go on working meanwhile`,
    { retryAfter: wait },
  );
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
