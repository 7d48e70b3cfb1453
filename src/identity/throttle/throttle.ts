import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { addressPrefix } from '../../net/address-prefix.ts';
import {
  createAttemptCounters,
  type CountedAttempt,
  type AttemptCounters,
  type Outcome,
} from './attempt-counters.ts';
import type { Secret } from '../../secret.ts';

export interface LoginAttempt {
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
    guess: LoginAttempt,
    check: () => Promise<Verdict>,
    isRight: (verdict: Verdict) => boolean,
  ): Promise<Verdict>;
  /** Did this user log in lately from this address, and has nobody there got a password wrong since? */
  trusts(name: string, address: string): boolean;
  /** How much is remembered, in entries. */
  size(): number;
  close(): void;
}

/** How a guess comes to the counters: those of this process, or those of all in one order. */
export interface AttemptOrder {
  /** @returns the seconds to wait; 0: it counts from now on, until `end` */
  begin(guess: CountedAttempt): Promise<number>;
  end(guess: CountedAttempt, outcome: Outcome): Promise<void>;
  close(): void;
}

export interface ThrottleParts {
  /** Where others count too. */
  readonly order?: (counters: AttemptCounters) => AttemptOrder;
  /** The same for all that count together; under a key that nobody else knows, a fingerprint tells nothing. */
  readonly key?: string;
}

export function createThrottle(clock: Clock, parts: ThrottleParts = {}): Throttle {
  const key = parts.key ?? randomBytes(32).toString('base64');
  const counters = createAttemptCounters(clock);
  const order = (parts.order ?? ownOrder)(counters);
  const countedAs = ({ name, address, password, unlockedAt }: LoginAttempt): CountedAttempt => {
    const from = addressPrefix(address);
    const account = accountOf(name);
    const fingerprint = hash('sha256', `${key}\0${account}\0${password.reveal()}`, 'base64');
    const familiar = counters.isFamiliar(from, account);
    return { from, account, fingerprint, unlockedAt: unlockedAt ?? -1, familiar };
  };
  return {
    size: counters.size,
    trusts: (name, address) => counters.trusts(addressPrefix(address), accountOf(name)),
    close: () => order.close(),
    attempt: async (guess, check, isRight) => {
      const counted = countedAs(guess);
      refuseFor(counters.secondsToWait(counted));
      refuseFor(await order.begin(counted));
      let outcome: Outcome = 'unanswered';
      try {
        const verdict = await check();
        outcome = isRight(verdict) ? 'right' : 'wrong';
        return verdict;
      } finally {
        await order.end(counted, outcome);
      }
    },
  };
}

/** Names are at most 64 characters: longer ones are nobody's, and must not fill the memory. */
function accountOf(name: string): string {
  return name.slice(0, 65);
}

function ownOrder(counters: AttemptCounters): AttemptOrder {
  return {
    begin: async (guess) => {
      const wait = counters.secondsToWait(guess);
      if (wait === 0) counters.begin(guess);
      return wait;
    },
    end: async (guess, outcome) => {
      counters.end(guess, outcome);
      if (outcome === 'right') counters.becomeFamiliar(guess.from, guess.account);
    },
    close: () => {},
  };
}

function refuseFor(wait: number): void {
  if (wait <= 0) return;
  throw new DockpassError(
    'too_many_attempts',
    `too many wrong passwords: wait ${wait} s, then log in again; access tokens go on working meanwhile`,
    { retryAfter: wait },
  );
}
