import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import type { Secret } from '../../secret.ts';

/**
 * The maximum number of names in the LRU cache. The cache drops names that were not used recently, but it always
 * contains the 20,000 names that were used last (half of the maximum, see lru.ts). If a name is not in the cache, the
 * next login with this name computes a slow password hash.
 */
const capacity = 40_000;
/**
 * After this many wrong passwords for a name, the entry for this name is removed from the cache. The next login with
 * this name is then rate limited and computes a slow password hash, even if the password is correct.
 */
const maxMisses = 10;

/**
 * Remembers for a short time which passwords were correct. So dockpass computes the slow password hash only once for a
 * client that logs in again and again within this time. Each cache entry contains a fast SHA-256 of a secret key, the
 * stored password hash and the password. Therefore an entry no longer matches after the stored password hash has
 * changed. The key is random and exists only in this process.
 */
export interface CachedCredentials {
  has(name: string, password: Secret, passwordHash: string): boolean;
  add(name: string, password: Secret, passwordHash: string): void;
  /**
   * Returns a text that identifies a password together with a stored hash, but does not reveal the password. Two calls
   * with the same password and the same stored hash return the same text. Compare only texts from the same
   * `CachedCredentials` object, because each object has its own random key.
   */
  fingerprint(password: Secret, passwordHash: string): string;
}

/** @param lifetimeSeconds how long a verified password is remembered; 0 turns the cache off */
export function createCachedCredentials(lifetimeSeconds: number, clock: Clock): CachedCredentials {
  // A plain SHA-256 is enough here. In Node, an HMAC takes three times as long. The advantage of an HMAC is that a
  // person who sees a hash cannot extend the hashed text, but these hashes never leave the process.
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
