import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import type { WrongPasswords } from './counter-table.ts';

/** An address from which a user has logged in, with the wrong passwords for this user that came from it since then. */
export interface KnownAddress extends WrongPasswords {
  loggedInAt: number;
}

/** How long an address counts as known for a user after the user has logged in from it, in milliseconds. */
const lifetimeMs = 30 * 24 * 60 * 60 * 1000;
/**
 * The largest number of known addresses of one user. It is enough for a fleet of machines that use one password. This
 * many addresses take about 600 kB. If a user logs in from more addresses, the address with the oldest login of the
 * same user is removed. So a user who logs in from many addresses never removes the addresses of other users.
 */
const maxPerAccount = 4096;
/**
 * The largest number of users with known addresses in memory. When the LRU cache is full, it removes many users at
 * once, but never the 20,000 most recently used ones.
 */
const maxAccounts = 40_000;

/** The addresses from which users have logged in within the last 30 days. */
export interface KnownAddresses {
  find(addressPrefix: string, account: string): KnownAddress | undefined;
  /**
   * Records a login.
   * @param initial the wrong passwords for this account that came from this address before the login. If an earlier
   *   login of the user from this address is stored, `initial` is ignored, and the stored wrong passwords stay
   */
  add(addressPrefix: string, account: string, initial: Readonly<WrongPasswords>): void;
  /** The number of users with known addresses. */
  readonly accountCount: number;
}

export function createKnownAddresses(clock: Clock): KnownAddresses {
  const accounts = createLru<Map<string, KnownAddress>>(maxAccounts);
  return {
    get accountCount() {
      return accounts.size;
    },
    find: (addressPrefix, account) => {
      const known = accounts.get(account)?.get(addressPrefix);
      return known !== undefined && clock() - known.loggedInAt < lifetimeMs ? known : undefined;
    },
    add: (addressPrefix, account, initial) => {
      const addresses = accounts.get(account) ?? new Map<string, KnownAddress>();
      const { wrongCount, lastWrongAt } = addresses.get(addressPrefix) ?? initial;
      // A Map iterates in the order of insertion. Deleting the entry first moves it to the end, so the first entry is
      // always the one with the oldest login.
      addresses.delete(addressPrefix);
      addresses.set(addressPrefix, { wrongCount, lastWrongAt, loggedInAt: clock() });
      for (const oldest of addresses.keys()) {
        if (addresses.size <= maxPerAccount) break;
        addresses.delete(oldest);
      }
      accounts.set(account, addresses);
    },
  };
}
