import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import type { Secret } from '../../secret.ts';

/** The capacity of the LRU. At least the 20,000 names that were used last stay in it; others cost one more hash. */
const capacity = 40_000;
/**
 * After this many wrong passwords, the entry is removed. From then on, each failed login attempt for this name is rate
 * limited and costs a slow password hash.
 */
const maxMisses = 10;

/**
 * Remembers for a short time which passwords were verified. Clients that log in again and again then cost one slow
 * hash only. The cache holds a keyed hash of the password and of the stored password hash. When the stored hash
 * changes, the entry therefore no longer matches. The key is random and exists only in this process.
 */
export interface CachedCredentials {
  has(name: string, password: Secret, passwordHash: string): boolean;
  add(name: string, password: Secret, passwordHash: string): void;
  /** A text that is equal for equal passwords and does not reveal them. It is valid in this process only. */
  fingerprint(password: Secret, passwordHash: string): string;
}

/** @param lifetimeSeconds 0 turns the cache off */
export function createCachedCredentials(lifetimeSeconds: number, clock: Clock): CachedCredentials {
  // A plain SHA-256 is enough here. An HMAC protects against length extension by someone who sees its output, but these
  // hashes never leave the process. In Node an HMAC also takes three times as long.
  const key = randomBytes(32).toString('hex');
  const entries = createLru<{ readonly mac: Buffer; readonly until: number; misses: number }>(capacity);
  const macOf = (password: Secret, passwordHash: string): Buffer =>
    hash('sha256', `${key}${passwordHash}\0${password.reveal()}`, 'buffer');
  return {
    fingerprint: (password, passwordHash) => macOf(password, passwordHash).toString('base64'),
    has: (name, password, passwordHash) => {
      const entry = entries.get(name);
      if (entry === undefined || clock() >= entry.until) return false;
      if (timingSafeEqual(entry.mac, macOf(password, passwordHash))) return true;
      if (++entry.misses >= maxMisses) entries.delete(name);
      return false;
    },
    add: (name, password, passwordHash) => {
      if (lifetimeSeconds === 0) return;
      entries.set(name, {
        mac: macOf(password, passwordHash),
        until: clock() + lifetimeSeconds * 1000,
        misses: 0,
      });
    },
  };
}
