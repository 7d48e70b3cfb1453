import type { Clock } from '../../clock.ts';
import { largerNetworks } from '../../net/address-prefix.ts';
import {
  createCounterTable,
  createNameKeys,
  type CounterTable,
  type WrongPasswords,
} from './counter-table.ts';
import { createKnownAddresses } from './known-addresses.ts';
import { createSweptMap } from './swept-map.ts';

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
 * requests, and many people in an office share one address. The larger IPv6 networks have higher limits, because
 * several clients may share them.
 */
const limits = {
  /** The limit for login attempts from one IPv4 address or IPv6 /64 to one account. */
  pair: { free: 10, longest: 900, forget: 3600 },
  /** The limit for login attempts from one IPv6 /56 to one account. */
  pair56: { free: 20, longest: 900, forget: 3600 },
  /** The limit for login attempts from one IPv6 /48 to one account. */
  pair48: { free: 40, longest: 900, forget: 3600 },
  /** The limit for login attempts from all addresses together to one account. */
  account: { free: 20, longest: 300, forget: 3600 },
  /** The limit for login attempts from one IPv4 address or IPv6 /64 to all accounts together. */
  address: { free: 60, longest: 300, forget: 900 },
  address56: { free: 120, longest: 300, forget: 900 },
  address48: { free: 240, longest: 300, forget: 900 },
  /**
   * The limit for one wrong password, from one IPv4 address or IPv6 /64 to one account. A client that keeps sending an
   * old password learns nothing from the repeats, so they count only here and delay no other password. They are limited
   * because dockpass must check the password again each time, which takes much CPU time.
   */
  repeat: { free: 101, longest: 900, forget: 3600 },
} as const satisfies Record<string, Limit>;
type Kind = keyof typeof limits;
/** The kinds of counters that count each password only once. */
type OnceKind = Exclude<Kind, 'repeat'>;

/** The kinds of counters for an address and for the larger networks that contain it. */
const pairKinds = ['pair', 'pair56', 'pair48'] as const;
const addressKinds = ['address', 'address56', 'address48'] as const;

/**
 * How long the limit of an account applies to a network (an IPv4 address or an IPv6 /48) after a wrong password for
 * this account from this network, in seconds. After this time, one attempt from the network is checked even if the
 * limit is exhausted. So an attacker in another network cannot lock out the owner of the account.
 */
const passAfter = 900;

/**
 * The limits for `isUnsuspicious`, by kind of counter. A login attempt is unsuspicious only if, at each of its
 * counters, at most this many attempts with other passwords are being checked now. The limits for addresses are larger
 * than those for accounts, because several people in an office log in from one address at the same time.
 */
const maxOtherChecks = {
  pair: 0,
  pair56: 0,
  pair48: 0,
  account: 0,
  address: 15,
  address56: 15,
  address48: 15,
} as const satisfies Record<OnceKind, number>;

/**
 * The largest number of counters of each kind, a power of two. To create a counter, an attacker must make a server
 * compute a password hash, and a server computes at most about 220 hashes in a second. So filling a table takes longer
 * than the longest delay that its counters can cause (`longest` in `limits`).
 *
 * The table `account` contains only counters of names that do not exist. The counters of accounts that exist are stored
 * elsewhere, and always remain until they expire (`forget` in `limits`). If counters in `account` were removed earlier
 * than that, answers would reveal which names exist. Therefore this table is larger than the others.
 */
const capacities = {
  pair: 2 ** 18,
  pair56: 2 ** 18,
  pair48: 2 ** 18,
  account: 2 ** 20,
  address: 2 ** 18,
  address56: 2 ** 18,
  address48: 2 ** 18,
  repeat: 2 ** 18,
} as const satisfies Record<Kind, number>;
/**
 * The largest number of counters that the tables can hold. `AttemptCounters.entryCount` can return a larger number,
 * because it also counts entries that are not in these tables: the counters of accounts that exist, and the users for
 * whom the addresses of their logins are stored.
 */
export const maxCounterCount = Object.values(capacities).reduce((sum, capacity) => sum + capacity, 0);

/**
 * The number of seconds after which an unfinished attempt no longer counts. No check takes that long, so the process
 * that began the attempt must have crashed.
 */
const longestCheck = 60;

/**
 * The account of an attempt that names no account, because its secret is not a password, for example a JWT. Such an
 * attempt counts only against the address and its networks. No user has this name.
 */
export const noAccount = '';

/** A login attempt in the form that the counters need. It does not reveal the password. */
export interface CountedAttempt {
  /**
   * The client's IPv4 address, or the /64 prefix of its IPv6 address. The larger networks that contain the address,
   * such as the /48, are computed from it.
   */
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
   * True if the account exists. If so, its counter is never removed to make room for other counters. The limits for
   * login attempts are the same whether the account exists or not.
   */
  readonly accountExists: boolean;
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
   * Returns true if all of these conditions are met:
   * - The user has logged in from this address within the last 30 days.
   * - Since that login, no attempt from this address has had a wrong password for this account.
   * - No attempt to log in to this account from this address is being checked.
   */
  trusts(addressPrefix: string, account: string): boolean;
  addKnownAddress(addressPrefix: string, account: string): void;
  /** Returns the number of counters in memory plus the number of users with known addresses. */
  entryCount(): number;
}

/** The name of a counter, and the table key that is computed from this name. */
interface CounterName<SomeKind extends Kind = Kind> {
  readonly kind: SomeKind;
  /** The name as a text, for example `account alice`. */
  readonly text: string;
  /** The key of the counter in the table. It is computed when it is first needed, and is undefined until then. */
  key: number | undefined;
}

/** The names of all counters for an attempt. */
interface CounterNames {
  /**
   * The names of the counters for the account together with an address or network. The first counter is for the
   * address. Each further counter is for a larger network that contains the address.
   */
  readonly pairs: readonly [CounterName<OnceKind>, ...CounterName<OnceKind>[]];
  /**
   * The names of all counters that count each password only once: the counters in `pairs`, the counter of the account,
   * and the counters of the address and of the larger networks that contain it. If the attempt names no account, only
   * those of the address and of the networks.
   */
  readonly all: readonly CounterName<OnceKind>[];
  /** The counter of this password, from this address to this account. */
  readonly repeat: CounterName;
}

/**
 * The login attempts of one counter that are being checked now. The key is a keyed hash of the account and the password
 * (`fingerprint`), so attempts with the same password share one entry.
 */
type RunningChecks = Map<string, { times: number; until: number }>;

/**
 * @param secretKey a secret that decides where each counter is stored in its table. If there is no free place for a
 *   new counter, the counter replaces another one. An attacker who does not know the secret cannot choose which one
 */
export function createAttemptCounters(clock: Clock, secretKey: string): AttemptCounters {
  const computeKey = createNameKeys(secretKey);
  const tableOf = (kind: Kind): CounterTable =>
    createCounterTable(capacities[kind], limits[kind].forget * 1000, clock);
  const tables: Record<Kind, CounterTable> = {
    pair: tableOf('pair'),
    pair56: tableOf('pair56'),
    pair48: tableOf('pair48'),
    account: tableOf('account'),
    address: tableOf('address'),
    address56: tableOf('address56'),
    address48: tableOf('address48'),
    repeat: tableOf('repeat'),
  };
  const knownAddresses = createKnownAddresses(clock);
  /** The counters of accounts that exist. The key is the name of the counter. */
  const accounts = createSweptMap<WrongPasswords>(
    ({ lastWrongAt }) => clock() - lastWrongAt >= limits.account.forget * 1000,
  );
  /** For each counter, the password checks that are running now. The key is the name of the counter. */
  const running = createSweptMap<RunningChecks>((checks) =>
    [...checks.values()].every(({ until }) => until <= clock()),
  );

  // Caches the names of the counters, because they are needed several times for each attempt.
  const namesOfAttempts = new WeakMap<CountedAttempt, CounterNames>();
  const namesOf = (attempt: CountedAttempt): CounterNames => {
    let names = namesOfAttempts.get(attempt);
    if (names === undefined) namesOfAttempts.set(attempt, (names = counterNames(attempt)));
    return names;
  };
  const keyOf = (name: CounterName): number => (name.key ??= computeKey(name.text));

  const load = (name: CounterName, attempt: CountedAttempt): WrongPasswords | undefined => {
    if (name.kind === 'account' && attempt.accountExists) return accounts.get(name.text);
    if (name.kind === 'pair') {
      const known = knownAddresses.find(attempt.addressPrefix, attempt.account);
      if (known !== undefined) return known;
    }
    return tables[name.kind].read(keyOf(name));
  };
  /** Returns the wrong passwords that still count, as a copy. */
  const read = (name: CounterName, attempt: CountedAttempt): WrongPasswords => {
    const stored = load(name, attempt);
    if (stored === undefined || isOver(name.kind, stored, attempt.unlockedAt, clock()))
      return { ...noWrongPasswords };
    return { wrongCount: stored.wrongCount, lastWrongAt: stored.lastWrongAt };
  };
  const write = (name: CounterName, entry: WrongPasswords, attempt: CountedAttempt): void => {
    if (name.kind === 'account' && attempt.accountExists) {
      if (entry.wrongCount === 0) accounts.delete(name.text);
      else accounts.set(name.text, entry);
      return;
    }
    const known =
      name.kind === 'pair' ? knownAddresses.find(attempt.addressPrefix, attempt.account) : undefined;
    if (known === undefined) tables[name.kind].write(keyOf(name), entry);
    else Object.assign(known, entry);
  };

  /**
   * Returns how many different passwords are being checked for a counter, without counting the password of the attempt
   * with this fingerprint.
   */
  const otherCheckCount = ({ text }: CounterName, fingerprint: string): number => {
    const checks = running.get(text);
    if (checks === undefined) return 0;
    for (const [other, { until }] of checks) if (until <= clock()) checks.delete(other);
    return checks.size - (checks.has(fingerprint) ? 1 : 0);
  };
  const startCheck = ({ text }: CounterName, fingerprint: string): void => {
    const checks: RunningChecks = running.get(text) ?? new Map();
    const times = (checks.get(fingerprint)?.times ?? 0) + 1;
    checks.set(fingerprint, { times, until: clock() + longestCheck * 1000 });
    running.set(text, checks);
  };
  const endCheck = ({ text }: CounterName, fingerprint: string): void => {
    const checks = running.get(text);
    const check = checks?.get(fingerprint);
    if (check !== undefined && check.times > 1) check.times--;
    else checks?.delete(fingerprint);
    if (checks?.size === 0) running.delete(text);
  };

  const secondsToWait = (name: CounterName, attempt: CountedAttempt): number => {
    const { fingerprint } = attempt;
    const counted = read(name, attempt);
    const left = secondsLeft(name.kind, counted, clock());
    if (left > 0) return left;
    // Each attempt that is being checked may have a wrong password. So the number of attempts that are checked at the
    // same time is limited to the number of wrong passwords that are still allowed before a wait begins.
    const room = Math.max(1, limits[name.kind].free - counted.wrongCount);
    if (otherCheckCount(name, fingerprint) < room) return 0;
    return running.get(name.text)?.has(fingerprint) === true ? 0 : 1;
  };
  /**
   * Returns true if the limit of the account does not apply to this attempt. Two conditions must be met. The client's
   * network has sent no wrong password for this account in the last 15 minutes. No other password from this network is
   * being checked for this account.
   */
  const hasPass = ({ pairs }: CounterNames, attempt: CountedAttempt): boolean => {
    const network = pairs.at(-1) ?? pairs[0];
    const { wrongCount, lastWrongAt } = read(network, attempt);
    const isFresh = wrongCount === 0 || clock() - lastWrongAt >= passAfter * 1000;
    return isFresh && otherCheckCount(network, attempt.fingerprint) === 0;
  };

  return {
    entryCount: () =>
      knownAddresses.accountCount +
      accounts.size +
      Object.values(tables).reduce((sum, table) => sum + table.size, 0),
    // The longest wait of all counters applies. The result does not reveal which counter caused the wait.
    secondsToWait: (attempt) => {
      const names = namesOf(attempt);
      const ofRepeats = secondsToWait(names.repeat, attempt);
      if (attempt.isKnownAddress) return Math.max(ofRepeats, secondsToWait(names.pairs[0], attempt));
      const passes = hasPass(names, attempt);
      const counted = names.all.filter(({ kind }) => kind !== 'account' || !passes);
      return Math.max(ofRepeats, ...counted.map((name) => secondsToWait(name, attempt)));
    },
    isUnsuspicious: (attempt) => {
      const { all, repeat } = namesOf(attempt);
      return (
        read(repeat, attempt).wrongCount === 0 &&
        all.every(
          (name) =>
            read(name, attempt).wrongCount === 0 &&
            otherCheckCount(name, attempt.fingerprint) <= maxOtherChecks[name.kind],
        )
      );
    },
    begin: (attempt) => {
      for (const name of namesOf(attempt).all) startCheck(name, attempt.fingerprint);
    },
    end: (attempt, outcome) => {
      const { pairs, all, repeat } = namesOf(attempt);
      if (outcome === 'right') for (const name of [pairs[0], repeat]) write(name, noWrongPasswords, attempt);
      if (outcome === 'wrong') {
        const isRepeat = read(repeat, attempt).wrongCount > 0;
        for (const name of isRepeat ? [repeat] : [repeat, ...all])
          write(name, withWrong(read(name, attempt), clock()), attempt);
      }
      for (const name of all) endCheck(name, attempt.fingerprint);
    },
    isKnownAddress: (addressPrefix, account) => knownAddresses.find(addressPrefix, account) !== undefined,
    trusts: (addressPrefix, account) => {
      const known = knownAddresses.find(addressPrefix, account);
      if (known === undefined || known.wrongCount > 0) return false;
      return running.size === 0 || running.get(pairName('pair', addressPrefix, account).text) === undefined;
    },
    addKnownAddress: (addressPrefix, account) => {
      const key = keyOf(pairName('pair', addressPrefix, account));
      knownAddresses.add(addressPrefix, account, tables.pair.read(key) ?? noWrongPasswords);
      tables.pair.write(key, noWrongPasswords);
    },
  };
}

function counterNames({ addressPrefix, account: name, fingerprint }: CountedAttempt): CounterNames {
  const larger = largerNetworks(addressPrefix);
  const pairs: [CounterName<OnceKind>, ...CounterName<OnceKind>[]] = [pairName('pair', addressPrefix, name)];
  for (const [at, network] of larger.entries())
    pairs.push(pairName(pairKinds[at + 1] ?? 'pair48', network, name));
  const account = { kind: 'account', text: `account ${name}`, key: undefined } as const;
  const addresses = [addressPrefix, ...larger].map((network, at): CounterName<OnceKind> => {
    const kind = addressKinds[at] ?? 'address48';
    return { kind, text: `${kind} ${network}`, key: undefined };
  });
  return {
    pairs,
    all: name === noAccount ? addresses : [...pairs, account, ...addresses],
    repeat: { kind: 'repeat', text: `repeat ${addressPrefix} ${fingerprint} ${name}`, key: undefined },
  };
}

function pairName(
  kind: (typeof pairKinds)[number],
  network: string,
  account: string,
): CounterName<(typeof pairKinds)[number]> {
  return { kind, text: `${kind} ${network} ${account}`, key: undefined };
}

const noWrongPasswords: WrongPasswords = { wrongCount: 0, lastWrongAt: 0 };

/**
 * Returns true if the wrong passwords no longer count, because the last of them is too old or because an administrator
 * has unlocked the user since the last of them.
 */
function isOver(kind: Kind, { lastWrongAt }: WrongPasswords, unlockedAt: number, now: number): boolean {
  if (now - lastWrongAt >= limits[kind].forget * 1000) return true;
  // Unlocking a user does not reset the counter of an address, because wrong passwords from that address may have been
  // for other accounts.
  return !kind.startsWith('address') && lastWrongAt < (unlockedAt + 1) * 1000;
}

/** Returns how many seconds are left until a counter of this kind allows another attempt; 0 or less if it does now. */
function secondsLeft(kind: Kind, { wrongCount, lastWrongAt }: WrongPasswords, now: number): number {
  const limit: Limit = limits[kind];
  const beyond = wrongCount - limit.free;
  const delay = beyond < 0 ? 0 : Math.min(limit.longest, 2 ** beyond);
  return Math.ceil((lastWrongAt + delay * 1000 - now) / 1000);
}

function withWrong(before: WrongPasswords, now: number): WrongPasswords {
  return { wrongCount: before.wrongCount + 1, lastWrongAt: now };
}
