import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { addressPrefix } from '../../net/address-prefix.ts';
import type { Secret } from '../../secret.ts';
import {
  noAccount,
  createAttemptCounters,
  type AttemptCounters,
  type CountedAttempt,
  type Outcome,
} from './attempt-counters.ts';

export interface LoginAttempt {
  /** The canonical user name. */
  readonly name: string;
  /** The client's IP address. */
  readonly address: string;
  readonly password: Secret;
  /**
   * The time of the last `dockpass user unlock` for this user, in seconds since the epoch, or null if the user was
   * never unlocked. Wrong passwords before this time do not count.
   */
  readonly unlockedAt: number | null;
  /**
   * True if a user with this name exists. The limits are the same for a name that does not exist, so that they do not
   * reveal which names exist.
   */
  readonly accountExists: boolean;
}

/**
 * Limits the rate of failed logins for each account, for each address, and for each account from each address.
 * IPv6 addresses are counted by /64, /56 and /48. Names that do not exist are counted like names that exist, and no
 * message tells how many attempts are left.
 *
 * Attackers with other addresses cannot lock a user out (docs/adr/0042-what-a-victim-can-rely-on.md):
 * - If a user has logged in from an address recently, logins of this user from the same address are delayed only after
 *   wrong passwords from that address.
 * - An attempt from any other address waits at most 15 minutes after the last wrong password from its own network.
 */
export interface Throttle {
  /**
   * Runs `check` if the attempt may be made now. The attempt already counts while `check` runs, so that a client cannot
   * bypass the limit with many attempts at the same time. If `check` throws, the attempt does not count.
   * @throws DockpassError `too_many_attempts`, with the seconds to wait in `retryAfter`
   */
  attempt<Verdict>(
    attempt: LoginAttempt,
    check: () => Promise<Verdict>,
    isRight: (verdict: Verdict) => boolean,
  ): Promise<Verdict>;
  /**
   * Counts a rejected secret that belongs to no user name, such as a JWT. It counts against the address alone.
   * @throws DockpassError `too_many_attempts`, with the seconds to wait in `retryAfter`, if too many wrong passwords
   *   and rejected secrets came from this address
   */
  reject(address: string, secret: Secret): Promise<void>;
  /**
   * Returns true if the user has logged in from this address recently, no wrong password for this user has come from
   * this address since then, and no attempt of this user from this address is being checked.
   */
  trusts(name: string, address: string): boolean;
  /** Returns the number of counters in memory plus the number of users with known addresses. */
  entryCount(): number;
  close(): void;
}

/**
 * An attempt recorder reports login attempts to the counters of its own process. There are two kinds of recorders. One
 * kind reports only the attempts that its process receives. The other kind reports the attempts of all processes that
 * share the database. The order of the reports is then the same in every process.
 */
export interface AttemptRecorder {
  /**
   * Returns the number of seconds that the client has to wait. If the number is 0, the attempt counts as running until
   * `end` is called.
   */
  begin(attempt: CountedAttempt): Promise<number>;
  end(attempt: CountedAttempt, outcome: Outcome): Promise<void>;
  close(): void;
}

export interface ThrottleOptions {
  /**
   * Creates the recorder of login attempts. Set this option if several processes count attempts together. By default,
   * this process counts only its own attempts.
   */
  readonly createRecorder?: (counters: AttemptCounters) => AttemptRecorder;
  /**
   * The secret key of password fingerprints. Processes that count attempts together need the same key. To anyone who
   * does not know the key, a fingerprint reveals nothing about the password. The default is a random key.
   */
  readonly fingerprintKey?: string;
}

export function createThrottle(clock: Clock, options: ThrottleOptions = {}): Throttle {
  const key = options.fingerprintKey ?? randomBytes(32).toString('base64');
  const counters = createAttemptCounters(clock, key);
  const recorder = (options.createRecorder ?? createLocalRecorder)(counters);
  const toCounted = ({
    name,
    address,
    password,
    unlockedAt,
    accountExists,
  }: LoginAttempt): CountedAttempt => {
    const prefix = addressPrefix(address);
    const account = accountOf(name);
    return {
      addressPrefix: prefix,
      account,
      fingerprint: hash('sha256', `${key}\0${account}\0${password.reveal()}`, 'base64'),
      unlockedAt: unlockedAt ?? -1,
      accountExists,
      isKnownAddress: counters.isKnownAddress(prefix, account),
    };
  };
  const attempt: Throttle['attempt'] = async (login, check, isRight) => {
    const counted = toCounted(login);
    // Ask the counters of this process first, because this costs no database query.
    requireNoWait(counters.secondsToWait(counted));
    requireNoWait(await recorder.begin(counted));
    let outcome: Outcome = 'unanswered';
    try {
      const verdict = await check();
      outcome = isRight(verdict) ? 'right' : 'wrong';
      return verdict;
    } finally {
      await recorder.end(counted, outcome);
    }
  };
  return {
    entryCount: counters.entryCount,
    trusts: (name, address) => counters.trusts(addressPrefix(address), accountOf(name)),
    close: () => recorder.close(),
    attempt,
    reject: (address, secret) =>
      attempt(
        { name: noAccount, address, password: secret, unlockedAt: null, accountExists: false },
        async () => {},
        () => false,
      ),
  };
}

/**
 * Shortens long names to 65 characters, so that clients cannot fill the memory with them. A shortened name never equals
 * the name of a user, because user names have at most 64 characters.
 */
function accountOf(name: string): string {
  return name.slice(0, 65);
}

function createLocalRecorder(counters: AttemptCounters): AttemptRecorder {
  return {
    begin: async (attempt) => {
      const seconds = counters.secondsToWait(attempt);
      if (seconds === 0) counters.begin(attempt);
      return seconds;
    },
    end: async (attempt, outcome) => {
      counters.end(attempt, outcome);
      if (outcome === 'right') counters.addKnownAddress(attempt.addressPrefix, attempt.account);
    },
    close: () => {},
  };
}

function requireNoWait(seconds: number): void {
  if (seconds <= 0) return;
  throw new DockpassError(
    'too_many_attempts',
    `too many wrong passwords: wait ${seconds} s, then log in again; access tokens still work`,
    { retryAfter: seconds },
  );
}
